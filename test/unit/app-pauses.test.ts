import { beforeEach, describe, expect, it } from 'vitest';
import { assignBuild } from '../../lib/app/assign-build.ts';
import { countQueues, listQueues } from '../../lib/app/list-queues.ts';
import { pauseQueue, resumeQueue } from '../../lib/app/pause-queue.ts';
import type { BuildIndex } from '../../lib/app/ports.ts';
import { submitBytes, type Wishes } from '../../lib/app/submit-build.ts';
import { sweep } from '../../lib/app/sweep.ts';
import type { Build } from '../../lib/domain/build.ts';
import type { Worker } from '../../lib/domain/worker.ts';
import { rememberedPauses } from '../../lib/runtime/remembered-pauses.ts';
import { memoryPauses } from '../model/memory-pauses.ts';
import { aBuild, aWorker, NOW } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';
import { OTP_MS, QUARANTINE } from '../support/settings.ts';

const leases = { firstLeaseMs: 1_800_000, leaseMs: 90_000, maxAttempts: 3 };
const settings = { ...leases, otpMs: OTP_MS, quarantine: QUARANTINE };
let world: World;
beforeEach(() => {
  world = memoryWorld();
});

async function submit(wishes: Wishes = {}): Promise<string> {
  const source = { bytes: Buffer.from('source'), sha256: `digest ${world.state.drawn}` };
  return (await submitBytes(world.deps, { platform: 'ios', ...wishes, ...source })).build.id;
}

async function poll(changes: Partial<Worker> = {}, deps = world.deps) {
  const worker = aWorker({ id: `worker-${world.state.drawn++}`, ...changes });
  world.workers.set(worker.id, worker);
  return assignBuild(deps, worker, 'hash', settings);
}

const pause = () => pauseQueue(world.deps, 'ios', 'an update', 'key-1');
const resume = () => resumeQueue(world.deps, 'ios', 'key-2');
const callsOf = async (act: () => Promise<unknown>) => {
  world.calls.length = 0;
  await act();
  return world.calls;
};

const DAY = 86_400_000;
const limits = { maxAttempts: 3, maxQueueMs: DAY, maxBuildMs: DAY };
const sweepOf = async (pending: Build[], deps = world.deps) => {
  for (const build of pending) world.builds.set(build.id, build);
  const due = async function* (kind: string) {
    yield kind === 'pending' ? pending.map((build) => ({ id: build.id, build })) : [];
  };
  return sweep({ ...deps, index: { due } as unknown as BuildIndex }, limits, Number.MAX_SAFE_INTEGER);
};

describe('a poll of a paused platform', () => {
  it('receives nothing, with or without labels, and is told to come as an idle one', async () => {
    await submit();
    await submit({ labels: ['signing'] });
    await pause();
    for (const labels of [[], ['signing']]) {
      const calls = await callsOf(async () => {
        const registeredAt = NOW;
        expect(await poll({ labels, registeredAt })).toEqual({ nextPollMs: 30_000 });
      });
      expect(calls).toEqual([]);
    }
    await resume();
    expect((await poll()).assignment).toBeDefined();
    expect((await poll({ labels: ['signing'] })).assignment).toBeDefined();
  });

  it('goes on with the other platform of its worker', async () => {
    const other = await submit({ platform: 'android' } as Wishes);
    await submit();
    await pause();
    const both = { platforms: ['ios', 'android'] } as const;
    expect((await poll(both)).assignment?.buildId).toBe(other);
    expect(await poll({ ...both, registeredAt: NOW })).toEqual({ nextPollMs: 2_000 });
  });

  it('that learns of the pause with a message in hand puts it off, and the next one receives nothing', async () => {
    const id = await submit();
    const lookout = rememberedPauses(
      async (platform) => world.pauses.get(platform)?.pause !== undefined,
      () => world.state.now,
    );
    const deps = { ...world.deps, lookout };
    await lookout.isPaused('ios');
    await pause();
    world.state.now += 1_000;
    expect(await callsOf(() => poll({}, deps))).toEqual(['queue.receive', 'waiting.urgent', 'queue.giveBack']);
    expect(await callsOf(() => poll({}, deps))).toEqual([]);
    expect([...world.messages.values()]).toMatchObject([{ hint: { buildId: id }, visibleAt: world.state.now + 5_000 }]);
    await resume();
    world.state.now += 5_000;
    expect((await poll({}, deps)).assignment?.buildId).toBe(id);
  });

  it('sends anew what was put off often, so that its message never becomes a dead letter', async () => {
    const id = await submit();
    await pause();
    for (let environments = 0; environments < 100; environments++) {
      // Each learns of it with a message in hand.
      const lookout = { isPaused: async () => false, isPausedNow: async () => true };
      expect((await poll({}, { ...world.deps, lookout })).assignment).toBeUndefined();
      world.state.now += 5_000;
      const receives = [...world.messages.values()].map((message) => message.receives);
      expect(Math.max(0, ...receives)).toBeLessThan(25);
      const build = world.builds.get(id);
      if (build && (world.dueAt.get(id) ?? Infinity) <= world.state.now) await sweepOf([build]);
    }
    expect(world.calls.filter((call) => call === 'queue.delete').length).toBeGreaterThan(2);
    await resume();
    expect((await poll()).assignment?.buildId).toBe(id);
  });

  it('gives the message back when the pause cannot be read', async () => {
    await submit();
    const isPausedNow = () => Promise.reject(new Error('throttled'));
    const deps = { ...world.deps, lookout: { isPaused: async () => false, isPausedNow } };
    expect(await callsOf(() => expect(poll({}, deps)).rejects.toThrow('throttled'))).toEqual([
      'queue.receive',
      'waiting.urgent',
      'queue.giveBack',
    ]);
  });
});

describe('a pause', () => {
  it('is told once with its reason, and its end with its beginning; pausing it again or ending none tells nothing', async () => {
    await pause();
    expect(await pauseQueue(world.deps, 'ios', 'another reason', 'key-3')).toMatchObject({
      pause: { reason: 'an update', by: 'key-1', since: NOW },
    });
    world.state.now += 1_000;
    expect(await resume()).toEqual({ platform: 'ios', past: [{ from: NOW, to: NOW + 1_000 }] });
    expect(await resume()).toEqual({ platform: 'ios', past: [{ from: NOW, to: NOW + 1_000 }] });
    expect(world.events).toEqual([
      { event: 'queue_paused', platform: 'ios', reason: 'an update', by: 'key-1' },
      { event: 'queue_resumed', platform: 'ios', pausedSince: NOW, by: 'key-2' },
    ]);
  });
});

describe('a sweep of a paused platform', () => {
  it('makes no copies of messages, sends what was never sent, and fails nothing for having waited', async () => {
    await pause();
    world.state.now += 7 * DAY;
    const [sent, unsent] = [aBuild('pending', { id: 'a', sends: 3 }), aBuild('pending', { id: 'b', sends: 0 })];
    expect(await sweepOf([sent, unsent])).toMatchObject({ resent: 1, timedOut: 0, failed: 0 });
    expect([...world.messages.values()].map(({ hint }) => hint.buildId)).toEqual(['b']);
    expect(world.builds.get('a')?.sends).toBe(3);
    expect(world.dueAt.get('a')).toBe(world.state.now + 480_000);
    await resume();
    // A minute had passed before the pause.
    world.state.now += DAY - 120_000;
    expect(await sweepOf([sent])).toMatchObject({ resent: 1, timedOut: 0 });
    world.state.now += 60_000;
    expect(await sweepOf([sent])).toMatchObject({ timedOut: 1 });
  });

  it('reads again after a read that failed, and repairs what it can', async () => {
    const builds = ['a', 'b'].map((id) => aBuild('pending', { id, sends: 1 }));
    let reads = 0;
    const get = () => (++reads === 1 ? Promise.reject(new Error('throttled')) : memoryPauses(world.pauses).get('ios'));
    const deps = { ...world.deps, pauses: { ...memoryPauses(world.pauses), get } };
    expect(await sweepOf(builds, deps)).toMatchObject({ failed: 1, resent: 1 });
    expect(world.events.map(({ event }) => event)).toEqual(['repair_failed', 'build_resent']);
  });

  it('reads each pause once, and none where nothing waits', async () => {
    expect(await callsOf(() => sweepOf([]))).toEqual([]);
    const builds = ['a', 'b', 'c'].map((id) => aBuild('pending', { id, sends: 1 }));
    expect((await callsOf(() => sweepOf(builds))).filter((call) => call === 'pauses.get')).toHaveLength(1);
  });
});

describe('the queues', () => {
  const online = (changes: Partial<Worker> = {}) => aWorker({ lastSeenAt: NOW, ...changes });
  async function queuesWith(seen: { waiting?: Build[]; isCut?: boolean; active?: Build[]; workers?: Worker[][] }) {
    const { waiting = [], isCut = false, active = [], workers = [[]] } = seen;
    const index = {
      oldestPending: async () => ({ builds: waiting, isCut }),
      due: async function* () {
        yield active.map((build) => ({ id: build.id, build }));
      },
      workers: async ({ cursor = '0' }: { cursor?: string }) => {
        const next = workers[Number(cursor) + 1] && String(Number(cursor) + 1);
        return { workers: workers[Number(cursor)], ...(next && { next }) };
      },
    } as unknown as BuildIndex;
    const pauses = memoryPauses(world.pauses);
    const count = () => countQueues({ index, clock: () => NOW, quarantine: QUARANTINE });
    const [ios, android] = await listQueues(count, pauses);
    return { ios, android };
  }
  const nothing = { waiting: 0, mayBeMore: false, withoutWorker: 0, running: 0, idleWorkers: 0, buildingWorkers: 0 };

  it('are there when nothing is', async () => {
    expect(await queuesWith({})).toEqual({
      ios: { platform: 'ios', ...nothing },
      android: { platform: 'android', ...nothing },
    });
  });

  it('tell what waits since when, what runs, who could build, and of a pause', async () => {
    await pause();
    const waiting = [
      aBuild('pending', { id: 'a', queuedAt: NOW - 5 }),
      aBuild('pending', { id: 'b', queuedAt: NOW - 9 }),
      aBuild('assigned', { id: 'late', queuedAt: NOW - 99 }),
      aBuild('pending', { id: 'c', platform: 'android', queuedAt: NOW - 50 }),
    ];
    const active = [aBuild('building', { id: 'd' }), aBuild('assigned', { id: 'e', platform: 'android' })];
    const held = { current: { buildId: 'd', attempt: 1 } };
    const workers = [
      [online({ id: '1' }), online({ id: '2', ...held })],
      [online({ id: '3', platforms: ['ios', 'android'] }), aWorker({ id: '4', lastSeenAt: NOW - 3_600_000 })],
      [online({ id: '5', isDraining: true }), online({ id: '6', strikes: 3, lastOutcome: 'lost', releasedAt: NOW })],
    ];
    const { ios, android } = await queuesWith({ waiting, isCut: true, active, workers });
    expect(ios).toEqual({
      platform: 'ios',
      waiting: 2,
      mayBeMore: true,
      oldestWaitingSince: NOW - 9,
      withoutWorker: 0,
      running: 1,
      idleWorkers: 2,
      buildingWorkers: 1,
      pause: { reason: 'an update', since: NOW, by: 'key-1' },
    });
    expect(android).toMatchObject({ waiting: 1, running: 1, idleWorkers: 1, buildingWorkers: 0, withoutWorker: 0 });
  });

  it('tell how many no worker could be given, by platform and by labels', async () => {
    const waiting = [
      aBuild('pending', { id: 'a' }),
      aBuild('pending', { id: 'b', labels: ['signing'] }),
      aBuild('pending', { id: 'c', platform: 'android' }),
    ];
    const alone = await queuesWith({ waiting, workers: [[online()]] });
    expect([alone.ios?.withoutWorker, alone.android?.withoutWorker]).toEqual([1, 1]);
    const labelled = await queuesWith({ waiting, workers: [[online({ labels: ['signing', 'x'] })]] });
    expect([labelled.ios?.withoutWorker, labelled.android?.withoutWorker]).toEqual([0, 1]);
  });
});
