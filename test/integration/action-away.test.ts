import { expect, it, onTestFinished } from 'vitest';
import { cleanUp } from '../../lib/client/action/end-build.ts';
import { runAction } from '../../lib/client/action/run-action.ts';
import { instantClock } from '../support/client-clock.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { serveSubmit } from '../support/fake-submit.ts';
import { asRunner, inputsOf, type RunnerFiles, runnerFiles } from '../support/github-runner.ts';

const CANCEL = 'POST /api/builds/:id/cancel';
const LOGS = 'GET /api/builds/:id/logs';

async function startFake(): Promise<FakeController> {
  const fake = await startFakeController();
  onTestFinished(() => fake.close());
  return fake;
}

/** The action within this process, where no waiting takes time. */
async function run(program: typeof runAction, url: string, files: RunnerFiles, given: Record<string, string> = {}) {
  let written = '';
  let interrupt = () => {};
  const cwd = await temporaryFolder({ 'a.ts': 'a' });
  const saved = await files.savedState();
  const ended = program({
    env: { ...files.env, ...saved, ...inputsOf({ url, 'api-key': 'the-key', platform: 'ios', ...given }) },
    cwd,
    write: (text) => {
      written += text;
    },
    clock: instantClock(),
    random: () => 0,
    newId: () => crypto.randomUUID(),
    onInterrupt: (listener) => {
      interrupt = listener;
    },
  });
  return { interrupt: () => interrupt(), ended: ended.then((code) => ({ code, ...asRunner(written) })) };
}

async function filesOfStep(): Promise<RunnerFiles> {
  const files = await runnerFiles();
  onTestFinished(() => files.remove());
  return files;
}

it('a controller that is not there fails the step after some tries, and leaves nothing to clean up', async () => {
  const gone = await startFakeController();
  await gone.close();
  const files = await filesOfStep();
  const { code, obeyed, shown } = await (await run(runAction, gone.url, files)).ended;
  expect(code).toBe(1);
  expect(obeyed.at(-1)).toMatchObject({ name: 'error', message: expect.stringContaining('no answer from') });
  expect(shown.filter((line) => /next try in/.test(line))).toHaveLength(4);
  expect((await (await run(cleanUp, gone.url, files)).ended).shown).toEqual(['']);
});

it('a controller that goes away for good while a build is followed: what is left of it is cancelled at the end', async () => {
  const fake = await startFake();
  serveSubmit(fake);
  fake.on(LOGS, () => ({ status: 503 }));
  const files = await filesOfStep();
  const { code, obeyed } = await (await run(runAction, fake.url, files)).ended;
  expect(code).toBe(1);
  expect(obeyed.slice(-2).map(({ name }) => name)).toEqual(['endgroup', 'error']);
  expect(fake.seen(CANCEL)).toEqual([]);
  fake.on(CANCEL, () => ({ body: { success: true, status: 'cancelled' } }));
  await (await run(cleanUp, fake.url, files)).ended;
  expect(fake.seen(CANCEL)).toHaveLength(1);
});

it('a submit that is on its way is waited for, so that its build can be cancelled', async () => {
  const fake = await startFake();
  serveSubmit(fake);
  const answer = fake.route('POST /api/builds');
  const files = await filesOfStep();
  let interrupt = () => {};
  fake.on('POST /api/builds', (seen) => {
    interrupt();
    return answer?.(seen) ?? {};
  });
  fake.on(CANCEL, () => ({ body: { success: true, status: 'cancelled' } }));
  const step = await run(runAction, fake.url, files);
  interrupt = step.interrupt;
  expect((await step.ended).code).toBe(1);
  expect(fake.seen(CANCEL).map(({ path }) => path)).toEqual(['/api/builds/b1/cancel']);
  expect(await files.outputs()).toMatchObject({ 'build-id': 'b1', state: 'cancelled' });
});

it('a cancel that does not arrive is tried again within the ten seconds, and left to the end', async () => {
  const fake = await startFake();
  serveSubmit(fake);
  const files = await filesOfStep();
  let interrupt = () => {};
  fake.on(LOGS, () => {
    interrupt();
    return { body: { build_id: 'b1', logs: [], next_cursor: 'c', is_final: false } };
  });
  fake.on(CANCEL, () => ({ status: 503 }));
  const step = await run(runAction, fake.url, files);
  interrupt = step.interrupt;
  const { code, obeyed } = await step.ended;
  expect([code, obeyed.at(-1)?.name, fake.seen(CANCEL).length > 5]).toEqual([1, 'warning', true]);
  fake.on(CANCEL, () => ({ body: { success: true, status: 'cancelled' } }));
  const tries = fake.seen(CANCEL).length;
  await (await run(cleanUp, fake.url, files)).ended;
  expect(fake.seen(CANCEL)).toHaveLength(tries + 1);
});

it('inputs that cannot be used are each an error, and nothing is sent', async () => {
  const fake = await startFake();
  const files = await filesOfStep();
  const given = { platform: 'windows', timeout: 'soon' };
  const { code, obeyed } = await (await run(runAction, fake.url, files, given)).ended;
  expect(code).toBe(1);
  expect(obeyed.map(({ name, message }) => [name, message.split(':')[0]])).toEqual([
    ['error', 'timeout'],
    ['error', 'platform'],
  ]);
  expect(fake.requests).toEqual([]);
  // No state of a build: the end of the job has nothing to read inputs for.
  expect((await (await run(cleanUp, fake.url, files, given)).ended).code).toBe(0);
});
