import type { FaultyController } from './fault-controller.ts';

/** What a race has shown. All zero and empty: as it must be. */
export interface Verdict {
  /** Grants beyond the first of a build. */
  readonly doubles: number;
  /** Builds that no worker was told of, or that the table does not show as assigned. */
  readonly lost: number;
  /** Everything else that must not be, in words. */
  readonly faults: readonly string[];
}

type Answer = Awaited<ReturnType<FaultyController['poll']>>;

/**
 * Submits, registers, lets all workers poll at once, and holds what they were told against the table. Messages are copied
 * until there is one for each worker: SQS may deliver twice, and so the workers meet at the builds, not only at the queue.
 */
export async function race(controller: FaultyController, builds: number, workers: number): Promise<Verdict> {
  const submitted = await times(builds, () => controller.submit());
  await times(workers - builds, (index) => controller.sendCopy(submitted[index % builds]?.id ?? ''));
  const registered = await times(workers, (index) => controller.register(`mac-${index}`));
  const answers = await Promise.all(registered.map((worker) => controller.poll(worker)));
  return judge(
    controller,
    submitted.map(({ id }) => id),
    registered.map(({ id }) => id),
    answers,
  );
}

async function judge(
  controller: FaultyController,
  buildIds: readonly string[],
  workerIds: readonly string[],
  answers: readonly Answer[],
): Promise<Verdict> {
  const told = answers.flatMap(({ body }, index) =>
    body?.job ? [`${body.job.id} ${workerIds[index]} ${body.job.attempt}`] : [],
  );
  const items = await controller.items();
  const inBuilds = items
    .filter(({ sk, state }) => sk === 'BUILD' && state === 'assigned')
    .map(({ id, workerId, attempt }) => `${id} ${workerId} ${attempt}`);
  const inWorkers = items
    .filter(({ sk, currentBuildId }) => sk === 'WORKER' && currentBuildId !== undefined)
    .map(({ id, currentBuildId, currentAttempt }) => `${currentBuildId} ${id} ${currentAttempt}`);
  const { waiting, hidden } = await controller.depth('ios');
  const statuses = answers.filter(({ status }) => status !== 200).map(({ status }) => status);
  const grantsOf = (grants: readonly string[], id: string) =>
    grants.filter((grant) => grant.startsWith(`${id} `)).length;
  const most = (id: string) => Math.max(...[told, inBuilds, inWorkers].map((grants) => grantsOf(grants, id)));
  const least = (id: string) => Math.min(grantsOf(told, id), grantsOf(inBuilds, id));
  return {
    doubles: sum(buildIds.map((id) => Math.max(0, most(id) - 1))),
    lost: buildIds.filter((id) => least(id) === 0).length,
    faults: [
      ...(statuses.length > 0 ? [`polls answered ${statuses.join(', ')}`] : []),
      ...(isSame(told, inBuilds) ? [] : ['the answers and the builds disagree']),
      ...(isSame(told, inWorkers) ? [] : ['the answers and the workers disagree']),
      ...(waiting + hidden > 0 ? [`${waiting + hidden} messages are left`] : []),
    ],
  };
}

/** A poll of each of `count` workers while the database never answers; answers how long each took, in ms. */
export async function unansweredPolls(
  controller: FaultyController,
  count: number,
): Promise<Verdict & { ms: number[] }> {
  const build = await controller.submit();
  const workers = await times(count, (index) => controller.register(`mac-${index}`));
  const before = await controller.items();
  controller.dynamodbFaults.fail('*', 'hang');
  const polls = await Promise.all(
    workers.map(async (worker) => {
      const startedAt = performance.now();
      const { status, headers } = await controller.poll(worker);
      return { status, retryAfter: headers.get('retry-after'), ms: performance.now() - startedAt };
    }),
  );
  await controller.heal();
  const isUnchanged = isSame(before.map(toText), (await controller.items()).map(toText));
  const refusals = polls.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null);
  const { waiting, hidden } = await controller.depth('ios');
  return {
    doubles: 0,
    lost: waiting + hidden === 1 ? 0 : 1,
    faults: [
      ...refusals.map(({ status }) => `a poll without a database answered ${status}`),
      ...(isUnchanged ? [] : [`a poll without a database changed the table around build ${build.id}`]),
    ],
    ms: polls.map(({ ms }) => ms),
  };
}

const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
const isSame = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.toSorted().join('\n') === b.toSorted().join('\n');
/** The engine answers attributes in any order. */
const toText = (item: object) => JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
