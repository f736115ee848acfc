import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT, EXIT_CODES_HELP } from '../../lib/client/cli/exit-codes.ts';
import { runInside, runProgram, startProgram } from '../support/cli.ts';
import { refused } from '../support/client-fake-build.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';

/** Each exit code is reached by the real program, against a real controller, or one that misbehaves. */
let controller: Controller;
let fake: FakeController;
let cwd: string;
beforeAll(async () => {
  controller = await startController();
  fake = await startFakeController();
  cwd = await mkdtemp(join(tmpdir(), 'buildlatch-test-'));
});
afterAll(async () => {
  await Promise.all([controller.close(), fake.close(), rm(cwd, { recursive: true, force: true })]);
});

const own = () => ({ cwd, env: { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey } });
const ofFake = () => ({ cwd, env: { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'a-key' } });

/** Programs start slowly on a machine under load. */
const SLOW_MS = 120_000;

const reached = new Set<number>();
function expectCode(ran: { readonly code: number; readonly err: string }, code: number, says: RegExp): void {
  expect(ran).toMatchObject({ code, err: expect.stringMatching(says) });
  reached.add(code);
}

/** A build that a worker has had. */
async function built(isGood: boolean): Promise<string> {
  const worker = await controller.register();
  await controller.submit();
  const { id } = (await controller.poll(worker)).body.job;
  const json = { build_id: id, success: false, error_message: 'no Xcode' };
  if (isGood) await controller.complete(worker, id);
  else await controller.request('POST', '/api/workers/result', { headers: controller.as(worker), json });
  return id;
}

it('0: the build is done', async () => {
  const id = await built(true);
  const ran = await runProgram(['wait', id], own());
  expectCode(ran, EXIT.ok, new RegExp(`Build ${id} completed at attempt 1`));
  expect(ran.out).toBe('completed\n');
});

it('1: the build failed', async () => {
  const id = await built(false);
  const ran = await runProgram(['wait', id, '--json'], own());
  expectCode(ran, EXIT.buildFailed, /failed at attempt 1: no Xcode/);
  expect(JSON.parse(ran.out)).toMatchObject({ id, state: 'failed' });
});

it('2: the command is wrong', async () => {
  expectCode(
    await runProgram(['submit', '--platform', 'windows'], own()),
    EXIT.usage,
    /Allowed choices are ios, android/,
  );
});

it('3: the key is wrong', async () => {
  const env = { ...own().env, BUILDLATCH_API_KEY: 'wrong' };
  expectCode(await runProgram(['list'], { cwd, env }), EXIT.auth, /buildlatch: .*\(request /);
});

it('4: there is no such build', async () => {
  expectCode(await runProgram(['status', 'nowhere'], own()), EXIT.notFound, /not found/i);
});

it('5: the controller is in trouble, and stays so', async () => {
  fake.on('GET /api/builds', () => ({ ...refused(503, 'unavailable'), headers: { 'retry-after': '0' } }));
  expectCode(await runProgram(['list'], ofFake()), EXIT.api, /next try in/);
  expect(fake.seen('GET /api/builds')).toHaveLength(5);
});

it(
  '6: whatever is built on this machine fails at once',
  async () => {
    for (const name of ['one', 'two', 'three']) {
      const project = { 'buildlatch.json': '{ "command": "exit 127", "artifact": "out" }', [name]: '' };
      const args = ['submit', await temporaryFolder(project), '--platform', 'android'];
      expect(await runInside(args, own())).toMatchObject({ code: 0 });
    }
    const workDir = join(cwd, 'work');
    const args = ['worker', '--platform', 'android', '--on-quarantine', 'exit', '--work-dir', workDir];
    const env = { ...own().env, PATH: process.env['PATH'] };
    expectCode(await runProgram(args, { cwd, env }), EXIT.quarantined, /3 builds in a row failed/);
  },
  SLOW_MS,
);

it('124: the time is over, and the build is not', async () => {
  const { id } = await controller.submit();
  const ran = await runProgram(['wait', id, '--timeout', '0.2s'], own());
  expectCode(ran, EXIT.timeout, /is not over after 0.2 s/);
  expect(ran.err).toContain(`"buildlatch wait ${id}" waits for it`);
  expect(await controller.status(id)).toMatchObject({ state: 'pending' });
});

it('130: interrupted, and the build goes on', async () => {
  const page = { build_id: 'b1', logs: [], next_cursor: '', is_final: false };
  fake.on('GET /api/builds/:id/logs', () => ({ body: page }));
  const { child, ended } = startProgram(['wait', 'b1'], ofFake());
  await fake.asked('GET /api/builds/:id/logs');
  child.kill('SIGINT');
  expectCode(await ended, EXIT.interrupted, /goes on/);
});

it('the help names each of them, and no other', () => {
  const named = [...EXIT_CODES_HELP.matchAll(/^ {2}(\d+)/gm)].map(([, code]) => Number(code));
  const all = [...new Set<number>(Object.values(EXIT))].sort((a, b) => a - b);
  expect(named).toEqual(all);
  expect([...reached].sort((a, b) => a - b)).toEqual(all);
});
