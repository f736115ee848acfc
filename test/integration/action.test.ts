import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';
import { asRunner, inputsOf, type RunnerFiles, runnerFiles } from '../support/github-runner.ts';

const MAIN = fileURLToPath(new URL('../../lib/client/action/main.ts', import.meta.url));

/** Each test starts a program or more. */
const SLOW_MS = 60_000;
vi.setConfig({ testTimeout: SLOW_MS });

let controller: Controller;
let worker: TestWorker;
let workspace: string;
let runs = 0;
beforeAll(async () => {
  controller = await startController();
}, SLOW_MS);
afterAll(() => controller.close());
beforeEach(async () => {
  worker = await controller.register();
  workspace = await temporaryFolder({ 'app/main.ts': `made for run ${++runs}` });
});

interface Step {
  readonly child: ChildProcess;
  readonly files: RunnerFiles;
  /** The id of the build, once it is submitted. */
  readonly submitted: Promise<string>;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** The action as a runner starts it, with nothing in its environment but what a runner puts there. */
async function step(given: Record<string, string> = {}, more: Record<string, string> = {}): Promise<Step> {
  const files = await runnerFiles({ GITHUB_WORKSPACE: workspace, GITHUB_RUN_ID: String(runs), ...more });
  onTestFinished(() => files.remove());
  const inputs = inputsOf({
    ...{ url: controller.url, 'api-key': controller.apiKey, platform: 'ios', folder: 'app' },
    ...given,
  });
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...files.env, ...inputs } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let seen = '';
  const submitted = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk;
      const id = /^::group::Log of build (\S+)$/m.exec(seen)?.[1];
      if (id !== undefined) resolve(id);
    });
    child.once('exit', () => reject(new Error(`nothing was submitted: ${seen}`)));
  });
  submitted.catch(() => {});
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return {
    child,
    files,
    submitted,
    ended: ended.then(([stdout, stderr, [code]]) => ({ code, stdout, stderr })),
  };
}

/** The job's end: the same program with what the step has saved. */
const endOfJob = async ({ files }: Step) => (await step({}, { ...(await files.savedState()) })).ended;

const log = (id: string, messages: readonly string[]) =>
  controller.request('POST', `/api/builds/${id}/logs`, {
    headers: controller.as(worker),
    json: { logs: messages.map((message) => ({ level: 'info', message })) },
  });
const fail = (id: string, error_message: string) =>
  controller.request('POST', '/api/workers/result', {
    headers: controller.as(worker),
    json: { build_id: id, success: false, error_message },
  });

it('a build that succeeds: its log, its result with the SHA-256, outputs and summary', async () => {
  const run = await step({ download: 'out/' });
  const id = await run.submitted;
  expect((await controller.poll(worker)).body.job.id).toBe(id);
  await log(id, ['compiling', 'done']);
  await controller.complete(worker, id, Buffer.from('the app'));
  const { code, stdout, stderr } = await run.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { obeyed, shown } = asRunner(stdout);
  expect(shown).toEqual(expect.arrayContaining(['compiling', 'done', `Build ${id} completed`]));
  expect(obeyed.map(({ name }) => name)).toEqual([
    ...['add-mask', 'group', 'add-mask', 'endgroup', 'group', 'stop-commands', 'endgroup'],
  ]);
  const outputs = await run.files.outputs();
  expect(outputs).toMatchObject({
    ...{ 'build-id': id, state: 'completed', artifact: join(workspace, 'out', `${id}.ipa`) },
    ...{ 'build-url': `${controller.url}/#/builds/${id}`, 'queue-seconds': expect.stringMatching(/^\d+$/) },
    ...{ 'build-seconds': expect.stringMatching(/^\d+$/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(await readFile(outputs['artifact'] ?? '', 'utf8')).toBe('the app');
  const summary = await run.files.summary();
  expect(summary).toContain(`<a href="${controller.url}/#/builds/${id}">${id}</a>`);
  expect(summary).toContain(outputs['sha256']);
  expect(await endOfJob(run)).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('a build that fails: annotated where the compiler says, and the end of its log in the summary', async () => {
  const run = await step();
  const id = await run.submitted;
  await controller.poll(worker);
  await log(id, [
    'src/App.swift:10:5: error: 50% of it, or: nothing',
    'Tests(3,1): error TS1: <b>x</b>',
    '../../x.c:1: error: no',
  ]);
  await fail(id, 'exit code 65:\nxcodebuild');
  const { code, stdout } = await run.ended;
  expect(code).toBe(1);
  const errors = asRunner(stdout).obeyed.filter(({ name }) => name === 'error');
  expect(errors.map(({ properties, message }) => [properties, message])).toEqual([
    [{ file: 'app/src/App.swift', line: '10', col: '5' }, '50% of it, or: nothing'],
    [{ file: 'app/Tests', line: '3', col: '1' }, 'TS1: <b>x</b>'],
    [{ title: `Build ${id} failed` }, 'exit code 65:\nxcodebuild'],
  ]);
  expect(await run.files.outputs()).toMatchObject({ state: 'failed' });
  const summary = await run.files.summary();
  expect(summary).toContain('❌ failed');
  expect(summary).toContain('error TS1: &lt;b&gt;x&lt;/b&gt;');
});

it('a log cannot command the runner, however it is written', async () => {
  const hostile = [
    ...['::error::owned', '  ::set-output name=state::owned', '##[error]owned', 'x ##[set-env name=A]owned'],
    ...[
      'a\r::warning::owned',
      'b\n::warning::owned',
      '::stop-commands::x',
      '::x::',
      '\x1b]0;owned\x07',
      '::add-mask::a',
    ],
  ];
  const run = await step();
  const id = await run.submitted;
  await controller.poll(worker);
  await log(id, hostile);
  await fail(id, 'a\n::warning::owned');
  const { obeyed, shown } = asRunner((await run.ended).stdout);
  const commands = obeyed.map(({ name }) => name);
  expect(commands).toEqual([
    ...['add-mask', 'group', 'add-mask', 'endgroup', 'group', 'stop-commands', 'endgroup', 'error'],
  ]);
  expect(shown).toEqual(expect.arrayContaining(['::error::owned', '## [error]owned', 'x ## [set-env name=A]owned']));
  expect(shown.join('')).not.toContain('\x1b]0;');
  expect((await run.files.outputs())['state']).toBe('failed');
});

it.each([
  ['SIGINT', 'cancelled'],
  ['SIGTERM', 'cancelled'],
] as const)(
  '%s while it is followed cancels the build at once, without waiting for the next signal',
  async (signal, state) => {
    const run = await step();
    const id = await run.submitted;
    await controller.poll(worker);
    run.child.kill(signal);
    const { code, stdout } = await run.ended;
    expect(code).toBe(1);
    expect((await controller.status(id)).state).toBe(state);
    expect(await run.files.outputs()).toMatchObject({ 'build-id': id, state });
    expect(asRunner(stdout).obeyed.at(-1)).toMatchObject({
      name: 'error',
      message: expect.stringContaining('cancelled'),
    });
    expect((await endOfJob(run)).stdout).toBe('');
  },
);

it('a step that was killed leaves the cancelling to the end of the job', async () => {
  const run = await step();
  const id = await run.submitted;
  run.child.kill('SIGKILL');
  await run.ended;
  expect((await controller.status(id)).state).toBe('pending');
  const { code, stdout } = await endOfJob(run);
  expect(code).toBe(0);
  expect(stdout).toContain(`Build ${id} cancelled`);
  expect((await controller.status(id)).state).toBe('cancelled');
});

it('on-cancel: detach lets the build go on, whether the step is cancelled or killed', async () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const run = await step({ 'on-cancel': 'detach', 'idempotency-key': signal });
    const id = await run.submitted;
    run.child.kill(signal);
    await run.ended;
    const saved = await run.files.savedState();
    await (await step({ 'on-cancel': 'detach' }, saved)).ended;
    expect((await controller.status(id)).state).toBe('pending');
  }
});

it('what is over its time is cancelled', async () => {
  const run = await step({ timeout: '0.5s' });
  const { code, stdout } = await run.ended;
  expect(code).toBe(1);
  expect(asRunner(stdout).obeyed.at(-1)?.message).toContain('not over after 0.5 s');
  const { 'build-id': id = '', state } = await run.files.outputs();
  expect([state, (await controller.status(id)).state]).toEqual(['cancelled', 'cancelled']);
});

it('the same attempt of a step again is the same build, and the next attempt another', async () => {
  const idOf = async (attempt: string) => {
    const run = await step({ wait: 'false' }, { GITHUB_RUN_ATTEMPT: attempt });
    expect((await run.ended).code).toBe(0);
    return (await run.files.outputs())['build-id'];
  };
  const [first, again, next] = [await idOf('1'), await idOf('1'), await idOf('2')];
  expect(again).toBe(first);
  expect(next).not.toBe(first);
});

it('what does not wait leaves the build alone, to the end of the job and after', async () => {
  const run = await step({ wait: 'false', priority: '3', labels: 'signing, xcode=26' });
  await run.ended;
  const { 'build-id': id = '', state } = await run.files.outputs();
  expect(state).toBe('pending');
  await endOfJob(run);
  expect(await controller.status(id)).toMatchObject({ state: 'pending', priority: 3, labels: ['signing', 'xcode=26'] });
});
