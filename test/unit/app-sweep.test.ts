import { beforeEach, describe, expect, it } from 'vitest';
import { appendLogs } from '../../lib/app/append-logs.ts';
import type { BuildIndex, DueBuild, LogStore } from '../../lib/app/ports.ts';
import { readLogs } from '../../lib/app/read-logs.ts';
import { sweep } from '../../lib/app/sweep.ts';
import type { LogLine } from '../../lib/domain/log-line.ts';
import { aBuild, aWorker, NOW } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';

let world: World;
beforeEach(() => {
  world = memoryWorld();
});

const settings = { maxAttempts: 3, maxQueueMs: 86_400_000, maxBuildMs: 10_800_000 };

describe('a sweep', () => {
  const lost = (id: string, changes: object = {}) => aBuild('building', { id, leaseUntil: NOW - 10_000, ...changes });
  const asked: [string, number][] = [];
  function run(leased: DueBuild[], pending: DueBuild[] = [], stopAt = NOW + 1000) {
    for (const { id, build } of [...leased, ...pending]) if (build) world.builds.set(id, build);
    const due = async function* (kind: 'pending' | 'leased', until: number) {
      asked.push([kind, until]);
      yield kind === 'leased' ? leased : pending;
    };
    return sweep({ ...world.deps, index: { due } as unknown as BuildIndex }, settings, stopAt);
  }
  const one = (build: ReturnType<typeof aBuild>): DueBuild => ({ id: build.id, build });

  it('takes lost leases back and sends each build once, in the same sweep', async () => {
    world.workers.set('worker-1', aWorker({ current: { buildId: 'a', attempt: 1 } }));
    expect(await run([one(lost('a'))])).toEqual({ requeued: 1, lost: 0, resent: 1, timedOut: 0, failed: 0 });
    expect(world.builds.get('a')).toMatchObject({ state: 'pending', attempt: 1, sends: 1 });
    expect(world.workers.get('worker-1')).not.toHaveProperty('current');
    expect([...world.messages.values()].map(({ hint }) => [hint.buildId, hint.attempt])).toEqual([['a', 1]]);
    expect(world.events.map(({ event }) => event)).toEqual(['build_requeued', 'build_resent']);
    expect(asked).toEqual([
      ['leased', NOW],
      ['pending', NOW],
    ]);
  });

  it('fails a build whose attempts are used up, and says so', async () => {
    expect(await run([one(lost('a', { attempt: 3, spentAttempts: 2 }))])).toEqual({
      requeued: 0,
      lost: 1,
      resent: 0,
      timedOut: 0,
      failed: 0,
    });
    expect(world.builds.get('a')).toMatchObject({ state: 'failed', failure: { kind: 'lost_worker' } });
    expect(world.messages.size).toBe(0);
  });

  it('leaves alone what the index was late to tell of', async () => {
    const late = [lost('a', { leaseUntil: NOW + 1 }), aBuild('completed', { id: 'b' }), aBuild('pending', { id: 'c' })];
    expect(await run(late.map(one), [one(aBuild('assigned', { id: 'd' }))])).toEqual({
      requeued: 0,
      lost: 0,
      resent: 0,
      timedOut: 0,
      failed: 0,
    });
    expect(world.messages.size).toBe(0);
  });

  it('does nothing for what a heartbeat or another sweep has changed since', async () => {
    world.builds.set('a', lost('a', { leaseUntil: NOW + 90_000 }));
    const stale = { id: 'a', build: lost('a') };
    const due = async function* (kind: string) {
      yield kind === 'leased' ? [stale, stale] : [];
    };
    const deps = { ...world.deps, index: { due } as unknown as BuildIndex };
    expect(await sweep(deps, settings, NOW + 1)).toEqual({ requeued: 0, lost: 0, resent: 0, timedOut: 0, failed: 0 });
    expect(world.builds.get('a')?.leaseUntil).toBe(NOW + 90_000);
  });

  it('sends what waits again, less often each time', async () => {
    expect(await run([], [one(aBuild('pending', { sends: 2 }))])).toMatchObject({ resent: 1 });
    expect(world.builds.get('build-1')?.sends).toBe(3);
    expect(world.dueAt.get('build-1')).toBe(NOW + 480_000);
    expect(world.events).toEqual([{ event: 'build_resent', buildId: 'build-1', attempt: 0, sends: 3 }]);
  });

  it('repairs the others where one cannot be repaired, and counts it', async () => {
    world.faults.set('queue.send', 'before');
    expect(await run([one(lost('a')), one(lost('b', { attempt: 3, spentAttempts: 2 }))])).toEqual({
      requeued: 1,
      lost: 1,
      resent: 0,
      timedOut: 0,
      failed: 1,
    });
    expect(world.events.map(({ event }) => event)).toContain('repair_failed');
    expect(world.builds.get('a')).toMatchObject({ state: 'pending', sends: 0 });
  });

  it('ends what nobody can read', async () => {
    world.builds.set('x', aBuild('pending', { id: 'x' }));
    await run([], [{ id: 'x' }]);
    expect(world.builds.get('x')?.failure).toEqual({ kind: 'unreadable', message: 'Assignment failed: unreadable' });
  });

  it('begins nothing new when its time is over', async () => {
    expect(await run([one(lost('a'))], [], NOW)).toMatchObject({ requeued: 0 });
    expect(world.calls).toEqual([]);
  });
});

describe('the log of a build', () => {
  const line = (message: string): LogLine => ({ timestamp: NOW, level: 'info', message });
  const first = { timestamp: aBuild().submittedAt, level: 'info', message: 'Build submitted' };
  const stored = [line('one'), line('two')];
  /** One line to a batch, so the cursor counts lines. */
  const logs: LogStore = {
    note: async () => {},
    noteRetry: async () => true,
    append: async () => ({ ok: true, build: aBuild('building', { leaseUntil: NOW + 60_000 }) }),
    read: async (_id, after) => ({ lines: stored.slice(after), next: stored.length, hasMore: false }),
  };
  const read = (cursor?: number, build = aBuild('building')) => readLogs({ ...world.deps, logs }, build, { cursor });

  it('begins with its submission and goes on behind the cursor', async () => {
    expect(await read()).toEqual({ lines: [first, ...stored], nextCursor: '3', isFinal: false });
    expect(await read(0)).toEqual(await read());
    expect(await read(1)).toMatchObject({ lines: stored, nextCursor: '3' });
    expect(await read(2)).toMatchObject({ lines: [stored[1]], nextCursor: '3' });
    expect(await read(3)).toMatchObject({ lines: [], nextCursor: '3' });
  });

  it('is cut at a limit from the first line on, and then has no cursor; behind a cursor no limit means anything', async () => {
    const limited = (limit: number, cursor?: number) =>
      readLogs({ ...world.deps, logs }, aBuild('building'), { limit, cursor });
    expect(await limited(2)).toEqual({ lines: [first, stored[0]], isFinal: false });
    expect(await limited(3)).toEqual(await read());
    expect(await limited(1, 1)).toEqual(await read(1));
  });

  it('shows the newest part of an over-long log behind a cursor, and to everybody when the build has ended', async () => {
    const asked: boolean[] = [];
    const watched: LogStore = {
      ...logs,
      read: async (id, after, options) => {
        asked.push(options.hasTail);
        return logs.read(id, after, options);
      },
    };
    const readAs = (state: 'building' | 'failed', cursor?: number) =>
      readLogs({ ...world.deps, logs: watched }, aBuild(state), { cursor });
    await readAs('building');
    await readAs('building', 0);
    await readAs('failed');
    expect(asked).toEqual([false, true, true]);
  });

  it('is final only two seconds after the end', async () => {
    const ended = (ms: number) => aBuild('completed', { finishedAt: NOW - ms });
    expect((await read(3, ended(1_999))).isFinal).toBe(false);
    expect((await read(3, ended(2_000))).isFinal).toBe(true);
    const more = { ...logs, read: async () => ({ lines: stored, next: 2, hasMore: true }) };
    expect((await readLogs({ ...world.deps, logs: more }, ended(9_000), {})).isFinal).toBe(false);
  });

  it('lengthens a lease that ends soon, and shortens none', async () => {
    const append = (leaseMs: number) =>
      appendLogs({ ...world.deps, logs }, 'build-1', { workerId: 'worker-1' }, stored, leaseMs);
    await append(90_000);
    expect(world.calls).toEqual([]);
    await append(90_002);
    expect(world.calls).toEqual(['builds.extendLease']);
  });
});
