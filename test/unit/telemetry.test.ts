import { beforeEach, describe, expect, it } from 'vitest';
import { recordTelemetry } from '../../lib/app/record-telemetry.ts';
import { isLookedAt, type Sample } from '../../lib/domain/telemetry.ts';
import { sampleOf } from '../../lib/runtime/inputs/telemetry.ts';
import { aBuild, aWorker, NOW } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';

const SLOT = Array.from({ length: 6 }, (_, slot) => NOW + slot * 5_000);

describe('a snapshot', () => {
  it('is looked at in one of six slots, which differs between builds; all else always is', () => {
    const slotsOf = (id: string) => SLOT.filter((now) => isLookedAt('cpu_snapshot', id, now));
    for (const id of ['build-1', 'build-2', 'x'.repeat(21)]) expect(slotsOf(id)).toHaveLength(1);
    expect(new Set(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => slotsOf(id)[0])).size).toBe(6);
    for (const now of SLOT)
      expect(isLookedAt('heartbeat', 'a', now) && isLookedAt('monitor_started', 'a', now)).toBe(true);
  });
});

describe('the figures of a post', () => {
  it('are taken from where each kind has them', () => {
    const figures = { cpu_percent: 312.46, memory_mb: 2048 };
    const sample = { at: NOW, cpuPercent: 312.5, memoryMb: 2048 };
    expect(sampleOf('cpu_snapshot', figures, NOW)).toEqual(sample);
    const beat = { heartbeat_count: 3, stage: 'compiling', metrics: { ...figures, processes: 9 } };
    expect(sampleOf('heartbeat', beat, NOW)).toEqual({ ...sample, stage: 'compiling' });
    expect(sampleOf('heartbeat', { ...beat, stage: 'sleeping' }, NOW)).toEqual(sample);
    expect(sampleOf('cpu_snapshot', { cpu_percent: 0 }, NOW)).toEqual({ at: NOW, cpuPercent: 0 });
  });

  it.each([
    {},
    { cpu_percent: -0.1 },
    { cpu_percent: 1000.1 },
    { cpu_percent: '12' },
    { cpu_percent: null },
    { cpu_percent: 1, memory_mb: -1 },
    { cpu_percent: 1, memory_mb: 1_000_001 },
    { memory_mb: 1 },
  ])('that cannot be true are dropped: %o', (data) => {
    expect(sampleOf('cpu_snapshot', data, NOW)).toBeUndefined();
    expect(sampleOf('heartbeat', { metrics: data }, NOW)).toBeUndefined();
  });
});

describe('telemetry', () => {
  const sample: Sample = { at: NOW, cpuPercent: 50 };
  const own = SLOT.find((now) => isLookedAt('cpu_snapshot', 'build-1', now)) ?? NOW;
  let world: World;
  beforeEach(() => {
    world = memoryWorld();
    world.builds.set('build-1', aBuild('assigned'));
    world.workers.set('worker-1', aWorker());
    world.state.now = own;
  });
  const post = (claim: Parameters<typeof recordTelemetry>[2], type: 'heartbeat' | 'cpu_snapshot' = 'cpu_snapshot') =>
    recordTelemetry(world.deps, 'build-1', claim, { type, sample }, 90_000);
  const PROVEN = { workerId: 'worker-1' };
  const NAMED = { namedWorkerId: 'worker-1' };

  it('with proof is a heartbeat, and keeps one sample a minute', async () => {
    await post(PROVEN);
    expect(world.builds.get('build-1')).toMatchObject({ state: 'building', leaseUntil: own + 90_000 });
    await post(PROVEN, 'heartbeat');
    expect(world.samples).toEqual([{ buildId: 'build-1', sample }]);
    expect(world.calls).toEqual(['builds.heartbeat', 'metrics.put', 'builds.heartbeat']);
  });

  it('by ids alone gives figures and no sign of life, whoever sends it and whatever it names', async () => {
    const before = structuredClone(world.builds);
    await post(NAMED);
    await post({ namedWorkerId: 'worker-2' });
    expect(world.builds).toEqual(before);
    expect(world.samples).toHaveLength(1);
    world.builds.set('build-1', aBuild('completed'));
    world.state.now += 60_000;
    await recordTelemetry(
      world.deps,
      'build-1',
      NAMED,
      { type: 'heartbeat', sample: { ...sample, at: own + 60_000 } },
      1,
    );
    expect(world.samples).toHaveLength(1);
  });

  it('in another slot than the build’s is answered and forgotten', async () => {
    world.state.now = own + 5_000;
    await post(PROVEN);
    await post(NAMED);
    expect(world.calls).toEqual([]);
  });

  it('of who has lost the build is refused, and a sample that cannot be kept is no failure', async () => {
    await expect(post({ workerId: 'worker-2' })).rejects.toMatchObject({ code: 'lease_lost' });
    world.faults.set('metrics.put', 'before');
    await post(PROVEN);
    expect(world.events.map(({ event }) => event)).toEqual(['event_not_stored']);
  });
});
