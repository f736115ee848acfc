import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { refused, sha256 } from '../support/client-fake-build.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { buildStatus, logPage, serveSubmit } from '../support/fake-submit.ts';

const LOGS = 'GET /api/builds/:id/logs';
const STATUS = 'GET /api/builds/:id/status';
const CANCEL = 'POST /api/builds/:id/cancel';
const QUEUE = 'GET /api/builds/:id/queue';

let fake: FakeController;
let cwd: string;
beforeEach(async () => {
  fake = await startFakeController();
  cwd = await temporaryFolder({ 'a.ts': 'a' });
  fake.on(CANCEL, () => ({ body: { success: true, status: 'cancelled' } }));
});
afterEach(() => fake.close());

/** Ctrl-C, as often as it is pressed. */
function keyboard() {
  const listeners: (() => void)[] = [];
  const press = () => {
    for (const listener of listeners) listener();
  };
  return { press, onInterrupt: (listener: () => void) => void listeners.push(listener) };
}

const run = (args: readonly string[], more: object = {}) =>
  runInside(args, { env: { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'key' }, cwd, ...more });

describe('wait --timeout', () => {
  it('leaves with 124 while the build goes on, and says so', async () => {
    fake.on(LOGS, () => logPage([], 'c', false));
    const { code, err } = await run(['wait', 'b1', '--timeout', '45m']);
    expect(code).toBe(124);
    expect(err).toMatch(/Build b1 goes on; "buildlatch wait b1".*\n.*not over after 2700 s/);
    expect(fake.seen(CANCEL)).toEqual([]);
  });

  it('cancels the build where --on-interrupt says so', async () => {
    fake.on(LOGS, () => logPage([], 'c', false));
    const { code, err } = await run(['wait', 'b1', '--timeout', '45m', '--on-interrupt', 'cancel']);
    expect(code).toBe(124);
    expect(err).toContain('Build b1 is cancelled\n');
    expect(fake.seen(CANCEL)).toHaveLength(1);
  });
});

describe('Ctrl-C while waiting', () => {
  it('lets the build go on where nobody can be asked', async () => {
    const { press, onInterrupt } = keyboard();
    fake.on(LOGS, () => {
      press();
      return logPage([], 'c', false);
    });
    const { code, err } = await run(['wait', 'b1'], { onInterrupt });
    expect(code).toBe(130);
    expect(err).toMatch(/Build b1 goes on; .*\nInterrupted\n$/);
    expect(fake.seen(CANCEL)).toEqual([]);
  });

  it('cancels it where the environment says so, with the build’s own token', async () => {
    const { press, onInterrupt } = keyboard();
    serveSubmit(fake);
    fake.on(LOGS, () => {
      press();
      return logPage([], 'c', false);
    });
    const env = { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'key', BUILDLATCH_SUBMIT_ON_INTERRUPT: 'cancel' };
    const { code } = await run(['submit', '--platform', 'ios', '--wait'], { onInterrupt, env });
    expect(code).toBe(130);
    expect(fake.seen(CANCEL)[0]?.headers['x-build-token']).toBe('build-token');
  });

  it('pressed again leaves at once, though the controller does not answer', async () => {
    const { press, onInterrupt } = keyboard();
    fake.on(LOGS, () => {
      press();
      return logPage([], 'c', false);
    });
    fake.on(CANCEL, () => {
      press();
      return new Promise(() => {});
    });
    const { code, err } = await run(['wait', 'b1', '--on-interrupt', 'cancel'], { onInterrupt });
    expect(code).toBe(130);
    expect(err).toMatch(/Build b1 goes on; .*\nInterrupted\n$/);
  });

  it('says when the build could not be cancelled', async () => {
    const { press, onInterrupt } = keyboard();
    fake.on(LOGS, () => {
      press();
      return logPage([], 'c', false);
    });
    fake.on(CANCEL, () => refused(409, 'wrong_state', 'Build already finished'));
    const { code, err } = await run(['wait', 'b1', '--on-interrupt', 'cancel'], { onInterrupt });
    expect(code).toBe(130);
    expect(err).toContain('Build b1 is not cancelled: Build already finished\n');
  });
});

describe('--download', () => {
  const result = Buffer.from('artifact');
  const file = { result_sha256: sha256(result), result_size: result.length, result_filename: 'app.ipa' };

  it('fetches and verifies the result of a build that succeeds, into a folder that is made', async () => {
    fake.on(LOGS, () => logPage(['done'], 'c', true));
    fake.on(STATUS, () => buildStatus(file));
    fake.on('GET /api/builds/:id/download', () => ({ body: result }));
    const { code, out, err } = await run(['wait', 'b1', '--download', 'out/ios', '--json']);
    const path = join(cwd, 'out/ios/app.ipa');
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 'b1', download: { path, size: 8, sha256: sha256(result) } });
    expect(await readFile(path, 'utf8')).toBe('artifact');
  });

  it('makes a submit wait, and is nothing for a build that fails', async () => {
    serveSubmit(fake);
    fake.on(LOGS, () => logPage([], 'c', true));
    fake.on(STATUS, () => buildStatus({ state: 'failed', error_message: 'no' }));
    const { code, out } = await run(['submit', '--platform', 'ios', '--download']);
    expect([code, out]).toEqual([1, 'b1\n']);
    expect(fake.seen('GET /api/builds/:id/download')).toEqual([]);
  });

  it('that is damaged is no file, and no success', async () => {
    fake.on(LOGS, () => logPage([], 'c', true));
    fake.on(STATUS, () => buildStatus(file));
    fake.on('GET /api/builds/:id/download', () => ({ body: Buffer.from('ARTIFACT') }));
    const { code, err } = await run(['wait', 'b1', '--download']);
    expect(code).toBe(5);
    expect(err).toContain('SHA-256');
    await expect(readFile(join(cwd, 'app.ipa'))).rejects.toThrow('ENOENT');
  });
});

it('without a terminal the log has a line when the place in the queue has changed', async () => {
  const places = [3, 3, 1];
  let asked = 0;
  fake.on(QUEUE, () => {
    const ahead = places[asked++] ?? null;
    return { body: { id: 'b1', state: 'pending', ahead, may_be_more: false, workers: 1 } };
  });
  fake.on('GET /api/builds/:id', () => buildStatus({ state: 'pending' }));
  fake.on(LOGS, () => logPage([], 'c', asked > places.length));
  fake.on(STATUS, () => buildStatus());
  const { code, err } = await run(['wait', 'b1']);
  expect(code).toBe(0);
  expect(err.match(/^Build b1: .*$/gm)).toEqual([
    'Build b1: 3 builds go before it, 1 worker for it',
    'Build b1: 1 build goes before it, 1 worker for it',
  ]);
});

describe('submit', () => {
  it('sends the key that it is given, or one of the run of a known CI, the same for a step that is repeated', async () => {
    serveSubmit(fake);
    const env = { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'key' };
    const ci = { GITHUB_REPOSITORY: 'a/b', GITHUB_RUN_ID: '1', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'ios' };
    await run(['submit', '--platform', 'ios', '--idempotency-key', 'mine']);
    await run(['submit', '--platform', 'ios'], { env: { ...env, BUILDLATCH_SUBMIT_IDEMPOTENCY_KEY: 'theirs' } });
    for (let count = 0; count < 2; count++) await run(['submit', '--platform', 'ios'], { env: { ...env, ...ci } });
    await run(['submit', '--platform', 'ios']);
    const keys = fake.seen('POST /api/builds').map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['mine', 'theirs', expect.stringMatching(/^ci-/), keys[2], undefined]);
  });

  it('uploads what was stored a moment ago and is gone', async () => {
    serveSubmit(fake);
    const works = fake.route('POST /api/uploads');
    const first = { body: { upload_id: 'u0', is_stored: true } };
    fake.on('POST /api/uploads', (seen) => (seen.json['reuse'] === 'now' ? first : (works?.(seen) ?? {})));
    const submits = fake.route('POST /api/builds');
    const missing = refused(400, 'upload_missing');
    fake.on('POST /api/builds', (seen) => (seen.json['upload_id'] === 'u0' ? missing : (submits?.(seen) ?? {})));
    expect(await run(['submit', '--platform', 'ios'])).toMatchObject({ code: 0, out: 'b1\n' });
    expect(fake.seen('PUT /store')).toHaveLength(1);
  });
});
