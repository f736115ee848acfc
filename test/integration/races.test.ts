import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';

/** The proofs with which the old controller's race was found, over HTTP, the table compared at the end. */
describe('racing workers', () => {
  let controller: Controller;
  beforeAll(async () => {
    controller = await startController();
  });
  afterAll(() => controller.close());

  const times = <T>(count: number, make: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => make(index)));

  it('gives ten builds to ten of twenty workers that poll at once, each build once', async () => {
    const builds = await times(10, () => controller.submit());
    const workers = await times(20, (index) => controller.register(`mac-${index}`));
    const answers = await Promise.all(workers.map((worker) => controller.poll(worker)));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const assigned = answers.flatMap(({ body }) => body.job?.id ?? []);
    expect([...assigned].sort()).toEqual(builds.map(({ id }) => id).sort());
    await expectAgreement(
      builds.map(({ id }) => id),
      workers.map(({ id }) => id),
      answers,
    );
    await drain(workers, answers);
  });

  it('gives one build to exactly one of ten workers; the other nine get no job', async () => {
    const build = await controller.submit();
    const workers = await times(10, (index) => controller.register(`mac-${index}`));
    const answers = await Promise.all(workers.map((worker) => controller.poll(worker)));

    expect(answers.filter(({ body }) => body.job !== null).map(({ body }) => body.job.id)).toEqual([build.id]);
    expect(answers.filter(({ status, body }) => status === 200 && body.job === null)).toHaveLength(9);
    await expectAgreement(
      [build.id],
      workers.map(({ id }) => id),
      answers,
    );
    await drain(workers, answers);
  });

  it('gives one worker that polls ten times at once one build of ten', async () => {
    const builds = await times(10, () => controller.submit());
    const worker = await controller.register('impatient');
    const answers = await times(10, () => controller.poll(worker));

    const jobs = new Set(answers.flatMap(({ body }) => body.job?.id ?? []));
    expect(jobs.size).toBe(1);
    const held = (await controller.items()).filter((item) => item.sk === 'BUILD' && item.workerId === worker.id);
    expect(held.map(({ id }) => id)).toEqual([...jobs]);
    const states = await Promise.all(builds.map(async ({ id }) => (await controller.buildItem(id)).state));
    expect(states.filter((state) => state === 'pending')).toHaveLength(9);
  });

  /** Build and worker must name each other, at the same attempt, and nobody must hold what was not answered. */
  async function expectAgreement(
    buildIds: string[],
    workerIds: string[],
    answers: { body: { job: { id: string } | null } }[],
  ) {
    const items = await controller.items();
    const builds = items.filter((item) => item.sk === 'BUILD' && buildIds.includes(item.id));
    const workers = items.filter((item) => item.sk === 'WORKER' && workerIds.includes(item.id));
    const answered = answers
      .flatMap(({ body }, index) => (body.job ? [`${body.job.id} ${workerIds[index]} 1`] : []))
      .sort();
    expect(builds.map((build) => `${build.id} ${build.workerId} ${build.attempt}`).sort()).toEqual(answered);
    const holding = workers.filter((worker) => worker.currentBuildId !== undefined);
    expect(holding.map((worker) => `${worker.currentBuildId} ${worker.id} ${worker.currentAttempt}`).sort()).toEqual(
      answered,
    );
    expect(builds.map(({ state }) => state)).toEqual(builds.map(() => 'assigned'));
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  }

  async function drain(workers: { id: string; token: string }[], answers: { body: { job: { id: string } | null } }[]) {
    for (const [index, { body }] of answers.entries()) {
      const worker = workers[index];
      if (body.job && worker) expect((await controller.complete(worker, body.job.id)).status).toBe(200);
    }
  }
});
