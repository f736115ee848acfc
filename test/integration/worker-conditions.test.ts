import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, type AgentOptions, createAgent } from '../../lib/client/agent/agent.ts';
import type { AgentEvent } from '../../lib/client/agent/events.ts';
import { Quarantined } from '../../lib/client/agent/quarantine.ts';
import { runInside } from '../support/cli.ts';
import { fastClock } from '../support/client-clock.ts';
import { agentOptions } from '../support/client-agent-options.ts';
import {
  HEARTBEAT,
  LOGS,
  loggedLines,
  POLL,
  PUT,
  REGISTER,
  RESULT,
  refused,
  serveBuild,
  SOURCE,
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
  return createAgent({ ...agentOptions(fake, workDir, events), ...more });
}

/** Waits end, and nothing takes any time, however busy the machine is. */
const standing = { ...fastClock(50), now: () => 0 };

const names = () => events.map(({ event }) => event);
const message = () => fake.seen(RESULT)[0]?.json['error_message'];

describe('a build', () => {
  it('that runs longer than it may is ended, and fails with that', async () => {
    serveBuild(fake, { command: 'while echo busy; do sleep 0.1; done' });
    expect(await agent({ limits: { timeoutMs: 60_000 } }).run()).toBe('failed');
    expect(message()).toBe('Build command ended: it ran longer than 1 min');
  });

  it('that says nothing for too long is ended; one that goes on talking is not', async () => {
    serveBuild(fake, { command: 'echo up; sleep 60 & wait' });
    expect(await agent({ limits: { idleMs: 25_000 } }).run()).toBe('failed');
    expect(message()).toBe('Build command ended: no output for 25 s');
    // Longer in all than it may be silent, and by far not so long at once.
    serveBuild(fake, { command: 'for i in $(seq 30); do echo $i; sleep 0.2; done; printf x > out.txt' });
    expect(await agent({ clock: fastClock(2), limits: { idleMs: 10_000 } }).run()).toBe('completed');
  });

  it('has a folder for temporary files that goes with it', async () => {
    serveBuild(fake, { command: 'touch "$TMPDIR/left" && printf %s "$TMPDIR" > out.txt' });
    expect(await agent().run()).toBe('completed');
    expect(fake.seen(PUT)[0]?.body.toString()).toMatch(/build-\d+-.*\/tmp$/);
    expect(await readdir(workDir)).toEqual([]);
  });

  it('is built by the command of its platform', async () => {
    const command = { all: 'false', android: 'false', ios: 'printf ios > app.ipa' };
    serveBuild(fake, { command: 'false' });
    expect(await agent({ overrides: { command, artifact: { ios: 'app.ipa' } } }).run()).toBe('completed');
    expect(fake.seen(UPLOADS)[0]?.json['filename']).toBe('app.ipa');
  });
});

describe('while the controller cannot be reached', () => {
  const outageMs = 3_600_000;

  it('a build goes on past its lease, its result waits, and is reported when the controller is back', async () => {
    serveBuild(fake, { command: 'sleep 1; printf late > out.txt', leaseMs: 20_000 });
    const beats = unansweredBeats(() => ({
      body: { status: 'ok', timestamp: Date.now(), lease_until: Date.now() + 20_000 },
    }));
    expect(await agent({ outageMs }).run()).toBe('completed');
    expect(names()).toContain('lease_in_doubt');
    expect(beats.uploadsInDoubt).toEqual([0, 0, 0]);
    expect(fake.seen(PUT)[0]?.body.toString()).toBe('late');
  });

  it('a build that was given to another worker meanwhile is dropped, and no result is sent', async () => {
    serveBuild(fake, { command: 'sleep 1; printf late > out.txt', leaseMs: 20_000 });
    unansweredBeats(() => refused(409, 'lease_lost'));
    expect(await agent({ outageMs }).run()).toBe('dropped');
    expect(fake.seen(UPLOADS)).toEqual([]);
    expect(fake.seen(RESULT)).toEqual([]);
  });

  it('for longer than a build may go on, it is ended', async () => {
    serveBuild(fake, { command: 'sleep 60 & wait', leaseMs: 20_000 });
    fake.on(HEARTBEAT, () => refused(503, 'unavailable'));
    expect(await agent({ outageMs: 20_000 }).run()).toBe('dropped');
    expect(events).toContainEqual({ event: 'build_dropped', build_id: 'b1', attempt: 2, reason: 'lease_expired' });
  });

  it('a source is waited for, too', async () => {
    serveBuild(fake, { command: 'printf x > out.txt', leaseMs: 20_000 });
    const source = fake.route(SOURCE);
    let isBack = false;
    let beats = 0;
    fake.on(SOURCE, (seen) => (isBack && source ? source(seen) : refused(503, 'unavailable')));
    fake.on(HEARTBEAT, () => {
      beats += 1;
      // The tries of the download end long before; the lease is then in doubt.
      if (fake.seen(SOURCE).length < 20 || beats < 10) return refused(503, 'unavailable');
      isBack = true;
      return { body: { status: 'ok', timestamp: Date.now(), lease_until: Date.now() + 20_000 } };
    });
    expect(await agent({ outageMs }).run()).toBe('completed');
  });

  /** The lease runs out while the command runs; three more beats after it has ended are not answered. */
  function unansweredBeats(back: () => ReturnType<typeof refused>) {
    const uploadsInDoubt: number[] = [];
    fake.on(HEARTBEAT, () => {
      if (!names().includes('command_ended')) return refused(503, 'unavailable');
      if (uploadsInDoubt.length === 3) return back();
      uploadsInDoubt.push(fake.seen(UPLOADS).length);
      return refused(503, 'unavailable');
    });
    return { uploadsInDoubt };
  }
});

describe('a machine', () => {
  it('without room takes no build until there is some', async () => {
    serveBuild(fake, { command: 'printf x > out.txt' });
    const free = [1000, 1500, 5000];
    const polls: number[] = [];
    const freeBytes = async () => {
      polls.push(fake.seen(POLL).length);
      return free.shift() ?? 5000;
    };
    expect(await agent({ minFreeBytes: 2000, freeBytes }).run()).toBe('completed');
    expect(polls).toEqual([0, 0, 0]);
    const low = { event: 'disk_low', folder: workDir, free_bytes: 1000, needed_bytes: 2000 };
    expect(events.filter(({ event }) => event === 'disk_low')).toEqual([low]);
  });

  it('on which builds fail at once takes itself out, and says why', async () => {
    alwaysServing('echo "xcodebuild: not found"; exit 127');
    const running = agent({ isOnce: false, onQuarantine: 'exit', clock: standing });
    await expect(running.run()).rejects.toThrow(Quarantined);
    expect(fake.seen(RESULT)).toHaveLength(3);
    const why = /3 builds in a row failed within 10 s, the last with: Build command exited with code 127/;
    expect(events).toContainEqual({ event: 'quarantined', reason: expect.stringMatching(why), retry_ms: null });
    expect(fake.seen(UNREGISTER)).toHaveLength(1);
  });

  it('leaves with an exit code of its own when it is told to exit then', async () => {
    alwaysServing('exit 1');
    const flags = ['--platform', 'ios', '--work-dir', workDir, '--on-quarantine', 'exit', '--min-free-disk', '0'];
    const env = { PATH: process.env['PATH'], BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'project-key' };
    const { code, err } = await runInside(['worker', ...flags], { env, cwd: workDir, clock: standing });
    expect([code, err]).toEqual([6, expect.stringContaining('3 builds in a row failed within 10 s')]);
  });

  it('in quarantine waits an hour and tries one build', async () => {
    alwaysServing('exit 1');
    const waits: number[] = [];
    const wait = (ms: number, signal?: AbortSignal) => standing.wait(ms >= 3_600_000 ? 1 : ms, signal);
    const clock = { ...standing, wait };
    const seenAt: number[] = [];
    const emit = (event: AgentEvent) => {
      events.push(event);
      if (event.event !== 'quarantined') return;
      waits.push(event.retry_ms ?? 0);
      seenAt.push(fake.seen(RESULT).length);
      if (seenAt.length === 2) running.interrupt();
    };
    const running = agent({ isOnce: false, clock, emit });
    await running.run();
    expect(waits).toEqual([3_600_000, 3_600_000]);
    expect(seenAt).toEqual([3, 4]);
  });

  it('is not to blame for projects that cannot be built anywhere', async () => {
    alwaysServing('true');
    const running = agent({ isOnce: false, onQuarantine: 'exit' });
    const ended = running.run();
    await fake.asked(RESULT, 5);
    running.interrupt();
    expect(await ended).toBe('failed');
    expect(message()).toBe('Artifact out.txt was not built: no such file');
  });

  it('with two slots is two workers, which build side by side and leave together', async () => {
    alwaysServing('echo $BUILDLATCH_BUILD_ID; printf x > out.txt');
    fake.on(REGISTER, ({ json }) => ({
      body: {
        id: json['name'],
        access_token: `t-${json['name']}`,
        heartbeat_seconds: 5,
        lease_seconds: 90,
        next_poll_ms: 10,
      },
    }));
    const running = agent({ isOnce: false, slots: 2 });
    const ended = running.run();
    await fake.asked(RESULT, 6);
    running.interrupt();
    expect(await ended).toBe('completed');
    expect(fake.seen(REGISTER).map(({ json }) => json['name'])).toEqual(['mac', 'mac-2']);
    const reporters = fake.seen(RESULT).map(({ headers }) => headers['x-worker-token']);
    expect([...new Set(reporters)].sort()).toEqual(['t-mac', 't-mac-2']);
    expect(fake.seen(UNREGISTER)).toHaveLength(2);
    expect(names().filter((name) => name === 'stopped')).toHaveLength(1);
  });

  it('one of whose slots cannot go on lets the others finish, and says why', async () => {
    alwaysServing('sleep 0.3; printf x > out.txt');
    const works = fake.route(REGISTER);
    fake.on(REGISTER, async (seen) => {
      if (seen.json['name'] === 'mac' && works) return works(seen);
      await fake.asked(LOGS);
      return refused(401, 'unauthorized');
    });
    await expect(agent({ isOnce: false, slots: 2 }).run()).rejects.toMatchObject({ status: 401 });
    expect(fake.seen(RESULT)).toHaveLength(1);
    expect(loggedLines(fake)[0]).toBe('info Worker mac (w1) started attempt 2');
  });
});

/** Every poll is given a build. */
function alwaysServing(command: string): void {
  serveBuild(fake, { command });
  const first = fake.route(POLL)?.(fake.requests[0] as never) as { body: { job: object } };
  let given = 0;
  fake.on(POLL, () => {
    given += 1;
    // A token of a poll would take the place of the registration's.
    return { body: { job: { ...first.body.job, id: `b${given}` }, next_poll_ms: 10 } };
  });
}
