import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, type AgentOptions, createAgent } from '../../lib/client/agent/agent.ts';
import type { AgentEvent } from '../../lib/client/agent/events.ts';
import { agentOptions } from '../support/client-agent-options.ts';
import {
  CERTS,
  HEARTBEAT,
  LOGS,
  loggedLines,
  POLL,
  PUT,
  REGISTER,
  RESULT,
  refused,
  SOURCE,
  serveBuild,
  sha256,
  UNREGISTER,
  UPLOADS,
} from '../support/client-fake-build.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';

let fake: FakeController;
let events: AgentEvent[];
let workDir: string;

beforeEach(async () => {
  fake = await startFakeController();
  events = [];
  workDir = await temporaryFolder();
});
afterEach(() => fake.close());

function agent(more: Partial<AgentOptions> = {}): Agent {
  return createAgent({
    ...agentOptions(fake, workDir, events),
    worker: { name: 'mac', platforms: ['ios'], labels: ['xcode=26'], apiKey: 'project-key' },
    env: { PATH: process.env['PATH'], BUILDLATCH_API_KEY: 'project-key', CONTROLLER_API_KEY: 'k', HOME_THING: 'own' },
    ...more,
  });
}

const names = () => events.map(({ event }) => event);
const result = () => fake.seen(RESULT)[0]?.json;
const sent = (route: string, index = 0) => fake.seen(route)[index];

describe('a build', () => {
  it('goes from grant to accepted result, with its log, heartbeats and artifact', async () => {
    serveBuild(fake, { command: 'echo building; echo careful >&2; printf artifact > out.txt' });
    expect(await agent().run()).toBe('completed');
    const artifact = Buffer.from('artifact');
    expect(loggedLines(fake)).toEqual([
      'info Worker mac (w1) started attempt 2',
      'info $ echo building; echo careful >&2; printf artifact > out.txt',
      ...['info building', 'warn careful'],
      `info Built out.txt: 8 bytes, SHA-256 ${sha256(artifact)}`,
    ]);
    expect(sent(UPLOADS)?.json).toEqual({ size: 8, sha256: sha256(artifact), filename: 'out.txt', attempt: 2 });
    expect(sent(PUT)?.body).toEqual(artifact);
    expect(sent(PUT)?.headers).toMatchObject({ 'x-amz-checksum': 'abc', 'content-length': '8' });
    expect(result()).toEqual({ build_id: 'b1', attempt: 2, success: true, upload_id: 'u1' });
    expect(sent(HEARTBEAT)?.json).toEqual({ attempt: 2 });
    expect(sent(REGISTER)?.json).toMatchObject({
      name: 'mac',
      capabilities: { platforms: ['ios'] },
      labels: ['xcode=26'],
      active_build_count: 0,
    });
    expect(await readdir(workDir)).toEqual([]);
  });

  it('shows its command no secret of the worker, and sends no credential to the object store', async () => {
    serveBuild(fake, { command: 'env | sort > out.txt' });
    await agent({ passEnv: ['HOME_TH*', 'BUILDLATCH_*'] }).run();
    const env = sent(PUT)?.body.toString() ?? '';
    expect(env).toContain('BUILDLATCH_BUILD_ID=b1\n');
    expect(env).toContain('BUILDLATCH_ATTEMPT=2\n');
    expect(env).toContain('BUILDLATCH_PLATFORM=ios\n');
    expect(env).toContain('CI=1\nHOME_THING=own\n');
    expect(env).not.toContain('project-key');
    expect(env).not.toContain('CONTROLLER_API_KEY');
    expect(Object.keys(sent(PUT)?.headers ?? {}).filter((name) => /token|key|authorization/.test(name))).toEqual([]);
  });

  it('has its signing material on the disk while the command runs, and no longer', async () => {
    const certs = { p12: 'cDEy', p12Password: 'p', keychainPassword: 'k', provisioningProfiles: ['cHJvZmlsZQ=='] };
    serveBuild(fake, { command: 'cat "$BUILDLATCH_CERT_P12" > out.txt', certs });
    let atUpload: string[] = [];
    fake.on(PUT, async () => {
      atUpload = await readdir(workDir, { recursive: true });
      return {};
    });
    expect(await agent().run()).toBe('completed');
    expect(sent(PUT)?.body.toString()).toBe('p12');
    expect(sent(CERTS)?.query.get('attempt')).toBe('2');
    expect(sent(CERTS)?.headers['x-worker-token']).toBe('worker-token-1');
    expect(atUpload.filter((name) => name.endsWith('out.txt'))).not.toEqual([]);
    expect(atUpload.filter((name) => /signing|p12|mobileprovision/.test(name))).toEqual([]);
  });

  it('fails with the exit code and the last output when its command fails', async () => {
    serveBuild(fake, { command: 'echo one; echo "error: no type" >&2; exit 3' });
    expect(await agent().run()).toBe('failed');
    expect(result()).toEqual({
      build_id: 'b1',
      attempt: 2,
      success: false,
      error_message: expect.stringMatching(/^Build command exited with code 3\n/),
    });
    expect(result()?.['error_message']).toContain('error: no type');
    expect(fake.seen(UPLOADS)).toEqual([]);
  });

  it.each([
    ['builds nothing', { command: 'true' }, 'Artifact out.txt was not built: no such file'],
    [
      'builds nothing that matches',
      { command: 'true', artifact: 'out/*.ipa' },
      'Artifact out/*.ipa was not built: nothing matches',
    ],
    ['builds too much that matches', { command: 'touch a.ipa b.ipa', artifact: '*.ipa' }, /matches 2 paths/],
    ['names an artifact outside', { command: 'true', artifact: '../../..' }, /is outside the project/],
    ['has a hostile archive', { command: 'true', files: [{ name: '../x' }] }, /^The source cannot be unpacked: /],
    ['has no command', { command: ' ' }, /^buildlatch.json: command/],
  ])('fails with the reason when it %s', async (_what, build, message) => {
    serveBuild(fake, build);
    expect(await agent().run()).toBe('failed');
    expect(result()?.['error_message']).toMatch(message);
  });

  it('packs a folder, and takes command and artifact from flags first', async () => {
    serveBuild(fake, { command: 'false' });
    const command = 'mkdir -p dist/app; echo 1 > dist/app/a.js';
    const overrides = { command: { all: command }, artifact: { all: 'd*t' } };
    expect(await agent({ overrides }).run()).toBe('completed');
    expect(sent(UPLOADS)?.json['filename']).toBe('dist.zip');
    expect(sent(PUT)?.body.toString('latin1', 0, 2)).toBe('PK');
  });

  it('fails when its source is not the one that was submitted', async () => {
    serveBuild(fake, { command: 'true' });
    fake.on(SOURCE, () => ({ body: Buffer.from('something else') }));
    expect(await agent().run()).toBe('failed');
    expect(result()?.['error_message']).toMatch(/no answer|ended after|damaged/);
  });
});

describe('a lease', () => {
  it.each([
    [409, 'lease_lost', 'lease_lost'],
    [410, 'build_cancelled', 'cancelled'],
  ])('that a heartbeat answers with %i ends the command and reports nothing', async (status, code, reason) => {
    // `wait` lets the shell hear SIGTERM at once; the marker is the command's own child.
    serveBuild(fake, { command: 'echo running; sleep 60 & wait' });
    let beats = 0;
    fake.on(HEARTBEAT, async () => {
      beats += 1;
      if (beats > 1) return refused(status, code);
      await fake.asked(LOGS);
      return { body: { status: 'ok', timestamp: 0, lease_until: 60_000 } };
    });
    expect(await agent().run()).toBe('dropped');
    expect(events).toContainEqual({ event: 'build_dropped', build_id: 'b1', attempt: 2, reason });
    expect(fake.seen(RESULT)).toEqual([]);
    expect(isGroupAlive()).toBe(false);
    expect(await readdir(workDir)).toEqual([]);
  });

  it('that a log reply calls lost ends the command, too', async () => {
    serveBuild(fake, { command: 'sleep 60 & wait' });
    fake.on(LOGS, () => refused(409, 'lease_lost'));
    expect(await agent().run()).toBe('dropped');
    expect(isGroupAlive()).toBe(false);
  });

  it('that cannot be renewed ends the work by itself when it runs out', async () => {
    serveBuild(fake, { command: 'sleep 60 & wait', leaseMs: 20_000 });
    fake.on(HEARTBEAT, () => refused(503, 'unavailable'));
    expect(await agent().run()).toBe('dropped');
    expect(events).toContainEqual({ event: 'build_dropped', build_id: 'b1', attempt: 2, reason: 'lease_expired' });
    expect(fake.seen(HEARTBEAT).length).toBeGreaterThan(3);
    expect(isGroupAlive()).toBe(false);
  });

  it('is beaten for at the pace the worker was told', async () => {
    serveBuild(fake, { command: 'printf x > out.txt; sleep 60 & wait' });
    const running = agent({ heartbeatMs: 1000 });
    const ended = running.run();
    await fake.asked(HEARTBEAT, 5);
    running.interrupt();
    running.interrupt();
    expect(await ended).toBe('given_back');
  });
});

describe('trouble on the way', () => {
  it('with the upload asks for another address, and with the result repeats it', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    const replies = {
      put: [refused(503, 'slow_down'), refused(403, 'expired'), {}],
      result: [refused(500, 'x'), refused(503, 'y')],
    };
    fake.on(PUT, () => replies.put.shift() ?? {});
    fake.on(RESULT, () => replies.result.shift() ?? { body: { status: 'success', success: true, message: '' } });
    expect(await agent().run()).toBe('completed');
    expect(fake.seen(UPLOADS)).toHaveLength(3);
    expect(fake.seen(RESULT)).toHaveLength(3);
  });

  it('with the result, refused for good, is reported as a failed build', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    fake.on(RESULT, ({ json }) =>
      json['success'] ? refused(400, 'upload_missing') : { body: { status: 'failed', success: false, message: '' } },
    );
    expect(await agent().run()).toBe('failed');
    const report = { error_message: 'The result was refused: upload_missing', failure_kind: 'upload' };
    expect(sent(RESULT, 1)?.json).toMatchObject(report);
  });

  it('with the upload, refused for good, is reported as that, and not as the fault of the build', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    fake.on(UPLOADS, () => refused(413, 'payload_too_large'));
    expect(await agent().run()).toBe('failed');
    expect(result()).toMatchObject({
      success: false,
      error_message: expect.stringMatching(/^The result could not be uploaded: /),
      failure_kind: 'upload',
    });
  });

  it('with a result of a lost lease discards it', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    fake.on(RESULT, () => refused(409, 'lease_lost'));
    expect(await agent().run()).toBe('dropped');
    expect(fake.seen(RESULT)).toHaveLength(1);
  });

  it('with the token registers again under the same id, and as busy', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    fake.on(LOGS, ({ headers }) =>
      headers['x-worker-token'] === 'worker-token-1'
        ? refused(401, 'unauthorized')
        : { body: { success: true, count: 1 } },
    );
    let registrations = 0;
    fake.on(REGISTER, () => {
      registrations += 1;
      return {
        body: {
          id: 'w1',
          access_token: `worker-token-${registrations}`,
          heartbeat_seconds: 5,
          lease_seconds: 90,
          next_poll_ms: 10,
        },
      };
    });
    expect(await agent().run()).toBe('completed');
    expect(sent(REGISTER, 1)?.json).toMatchObject({ id: 'w1', active_build_count: 1 });
    expect(loggedLines(fake)).toContain('info Worker mac (w1) started attempt 2');
  });

  it('with a forgotten worker registers afresh', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    const poll = [refused(404, 'worker_not_found')];
    const give = fakeRoute(POLL);
    fake.on(POLL, (seen) => poll.shift() ?? give(seen));
    let registrations = 0;
    fake.on(REGISTER, () => {
      registrations += 1;
      return {
        body: {
          id: `w${registrations}`,
          access_token: `t${registrations}`,
          heartbeat_seconds: 5,
          lease_seconds: 90,
          next_poll_ms: 10,
        },
      };
    });
    expect(await agent().run()).toBe('completed');
    expect(sent(REGISTER, 1)?.json).not.toHaveProperty('id');
    expect(sent(LOGS)?.headers['x-worker-token']).not.toBe('t1');
  });

  it('with the controller at the start is waited out, and a wrong key is not', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    const works = fakeRoute(REGISTER);
    const replies = [refused(503, 'starting'), refused(502, 'proxy'), { body: 'an error page' }];
    fake.on(REGISTER, (seen) => replies.shift() ?? works(seen));
    expect(await agent().run()).toBe('completed');
    expect(names().slice(0, 4)).toEqual([...Array(3).fill('controller_unreachable'), 'registered']);
    fake.on(REGISTER, () => refused(401, 'unauthorized'));
    await expect(agent().run()).rejects.toMatchObject({ status: 401 });
  });
});

describe('an interrupt', () => {
  it('lets the build finish and then leaves', async () => {
    serveBuild(fake, { command: 'read _ < gate; printf x > out.txt', files: [] });
    const command = 'echo up; sleep 0.2; printf x > out.txt';
    const running = agent({ isOnce: false, overrides: { command: { all: command } } });
    const ended = running.run();
    await fake.asked(LOGS);
    running.interrupt();
    expect(await ended).toBe('completed');
    expect(names().slice(-2)).toEqual(['build_reported', 'stopped']);
    expect(fake.seen(POLL)).toHaveLength(1);
  });

  it('twice ends the build and gives it back, to be built elsewhere: it has not failed', async () => {
    serveBuild(fake, { command: 'sleep 60 & wait' });
    const running = agent({ isOnce: false });
    const ended = running.run();
    await fake.asked(LOGS);
    running.interrupt();
    running.interrupt();
    expect(await ended).toBe('given_back');
    expect(fake.seen(UNREGISTER)).toHaveLength(1);
    expect(fake.seen(RESULT)).toEqual([]);
    expect(isGroupAlive()).toBe(false);
  });

  it('ends a worker that has nothing to do, or waits for a controller', async () => {
    serveBuild(fake, { command: 'true' });
    fake.on(POLL, () => ({ body: { job: null, access_token: 't', next_poll_ms: 1_000_000 } }));
    const idle = agent({ isOnce: false });
    const ended = idle.run();
    await fake.asked(POLL);
    idle.interrupt();
    expect(await ended).toBeUndefined();
    fake.on(REGISTER, () => refused(503, 'starting'));
    const waiting = agent();
    const left = waiting.run();
    await fake.asked(REGISTER, 2);
    waiting.interrupt();
    expect(await left).toBeUndefined();
  });
});

/** The route as `serveBuild` made it, to be wrapped. */
function fakeRoute(route: string) {
  const before = fake.route(route);
  if (!before) throw new Error(`no route ${route}`);
  return before;
}

/** Zombies do not count: in a container nobody may be there to collect them. */
function isGroupAlive(): boolean {
  const started = events.find((event) => event.event === 'command_started');
  const processes = execFileSync('ps', ['-A', '-o', 'pgid=,stat=']).toString().split('\n');
  return processes.some((line) => {
    const [group, state = ''] = line.trim().split(/\s+/);
    return Number(group) === started?.pid && !state.startsWith('Z');
  });
}
