import { beforeEach, describe, expect, it } from 'vitest';
import { assignBuild } from '../../lib/app/assign-build.ts';
import { announce } from '../../lib/app/announce.ts';
import { submitBytes, type Wishes } from '../../lib/app/submit-build.ts';
import { rememberedNothing } from '../../lib/runtime/remembered.ts';
import { aWorker, NOW } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';
import { OTP_MS, QUARANTINE } from '../support/settings.ts';

const MINUTE = 60_000;
const leases = { firstLeaseMs: 1_800_000, leaseMs: 90_000, maxAttempts: 3 };
const settings = { ...leases, otpMs: OTP_MS, quarantine: QUARANTINE };
let world: World;
let submits: number;
beforeEach(() => {
  world = memoryWorld();
  submits = 0;
});

async function submit(wishes: Wishes = {}): Promise<string> {
  submits += 1;
  const source = { bytes: Buffer.from(`source ${submits}`), sha256: `digest ${submits}` };
  return (await submitBytes(world.deps, { platform: 'ios', ...wishes, ...source })).build.id;
}

/** A new worker's poll. */
async function poll(labels: readonly string[] = []) {
  const worker = aWorker({ id: `worker-${world.state.drawn++}`, ...(labels.length > 0 && { labels }) });
  world.workers.set(worker.id, worker);
  return assignBuild(world.deps, worker, 'hash', settings);
}
const jobOf = async (labels?: readonly string[]) => (await poll(labels)).assignment?.buildId;
const callsOf = async (act: () => Promise<unknown>) => {
  world.calls.length = 0;
  await act();
  return world.calls;
};

describe('a poll', () => {
  it('of a worker without labels that finds no message asks for nothing else', async () => {
    await submit({ labels: ['signing'] });
    expect(await callsOf(() => poll())).toEqual(['queue.receive']);
  });

  it('looks once for what goes before, however many messages lead nowhere', async () => {
    const ids = [await submit(), await submit(), await submit()];
    for (const id of ids.slice(0, 2)) world.builds.delete(id);
    for (const message of [...world.messages.values()]) Object.assign(message, { sentAt: 0 });
    const calls = await callsOf(() => poll());
    expect(calls.filter((call) => call === 'waiting.urgent')).toHaveLength(1);
    expect(calls.filter((call) => call === 'queue.receive').length).toBeGreaterThan(1);
  });

  it('goes on with the message when what was to go before it is gone, and tries that once', async () => {
    const plain = await submit();
    const urgent = await submit({ priority: 1 });
    const stale = world.builds.get(urgent);
    if (!stale) throw new Error('no build');
    // The index lags behind: it goes on naming what is cancelled.
    world.builds.set(urgent, { ...stale, state: 'cancelled' });
    const named = { urgent: async () => [{ ...stale, buildId: urgent, sourceSize: 1, sourceSha256: '' }] };
    const waiting = { ...world.deps.waiting, ...named };
    world.workers.set('worker-1', aWorker());
    const answer = await assignBuild({ ...world.deps, waiting }, aWorker(), 'hash', settings);
    expect(answer.assignment?.buildId).toBe(plain);
    const refused = world.events.filter(({ event }) => event === 'assignment_refused');
    expect(refused).toMatchObject([{ buildId: urgent, reason: 'build_moved' }]);
  });

  it('ends where the worker is at fault, and the message that made way is there for others', async () => {
    await submit();
    await submit({ priority: 1 });
    // Registered again since it was read.
    world.workers.set('worker-1', aWorker({ epoch: 2 }));
    const { assignment } = await assignBuild(world.deps, aWorker({ epoch: 1 }), 'hash', settings);
    expect(assignment).toBeUndefined();
    expect([...world.messages.values()].map(({ visibleAt }) => visibleAt)).toEqual([NOW, NOW]);
  });

  it('reads the line no more once that has failed, and takes the message', async () => {
    const plain = await submit();
    world.faults.set('waiting.labelled', 'before');
    let job: string | undefined;
    const calls = await callsOf(async () => {
      job = await jobOf(['signing']);
    });
    expect(job).toBe(plain);
    expect(calls).toEqual(['queue.receive', 'waiting.labelled', 'builds.assign', 'queue.delete']);
    expect(world.events).toContainEqual({ event: 'line_not_read', error: expect.any(Error) });
  });

  it('takes labelled and plain builds in the order in which they came', async () => {
    const first = await submit();
    world.state.now += MINUTE;
    const second = await submit({ labels: ['signing'] });
    world.state.now += MINUTE;
    const third = await submit();
    const jobs = [await jobOf(['signing']), await jobOf(['signing']), await jobOf(['signing'])];
    expect(jobs).toEqual([first, second, third]);
  });
});

describe('who makes way', () => {
  it('is there again at once, and does so twenty times: then it goes, long before it is a dead letter', async () => {
    const plain = await submit();
    for (let time = 0; time < 20; time++) {
      const urgent = await submit({ priority: 10 });
      expect(await jobOf()).toBe(urgent);
    }
    await submit({ priority: 10 });
    expect(await jobOf()).toBe(plain);
  });

  it('does so for as long as each point of priority is worth, and no longer', async () => {
    const plain = await submit();
    world.state.now += 3 * 10 * MINUTE - 1;
    const urgent = await submit({ priority: 3 });
    expect(await jobOf()).toBe(urgent);
    world.state.now += 1;
    await submit({ priority: 3 });
    expect(await jobOf()).toBe(plain);
  });

  it('keeps its place when it waits again: it has waited since its submit', async () => {
    const urgent = await submit({ priority: 1 });
    const build = world.builds.get(urgent);
    world.state.now += 9 * MINUTE;
    const plain = await submit();
    if (!build) throw new Error('no build');
    world.messages.clear();
    world.builds.set(urgent, { ...build, attempt: 1, queuedAt: world.state.now, spentAttempts: 1 });
    await announce(world.deps, world.builds.get(plain) ?? build);
    expect(await jobOf()).toBe(urgent);
    expect(await jobOf()).toBe(plain);
  });
});

describe('that there is nothing', () => {
  it('is known for a while, for each key; what there is is read each time', async () => {
    let now = NOW;
    const reads: string[] = [];
    const found: Record<string, string[]> = { empty: [], full: ['x'] };
    const read = async (key: string) => {
      reads.push(key);
      return found[key] ?? [];
    };
    const look = rememberedNothing(read, 5_000, () => now);
    for (const key of ['empty', 'full', 'empty', 'full']) await look(key);
    expect(reads).toEqual(['empty', 'full', 'full']);
    found['empty'] = ['y'];
    now += 4_999;
    expect(await look('empty')).toEqual([]);
    now += 1;
    expect(await look('empty')).toEqual(['y']);
  });
});
