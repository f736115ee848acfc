import { nothingAcknowledged, runSweep } from './at-rest.ts';
import { clientsOf } from './clients.ts';
import { aMember, crewOf } from './crew.ts';
import { SETTINGS, SWEEP_MS } from './settings.ts';
import { createWorld } from './world.ts';

/** What the workers in use do. */
export const HEARTBEAT_MS = 30_000;

/** Death just after a beat, and a lease that ends just after a sweep. */
export const WORST_MS = SETTINGS.leaseMs + SWEEP_MS;

/** Both phases fall evenly: half a beat before the lease is over on its own, half a period until the sweep sees it. */
export const MEDIAN_MS = SETTINGS.leaseMs - HEARTBEAT_MS / 2 + SWEEP_MS / 2;

const GIVEN_UP_MS = 3_600_000;

/** Seeded: the same kills for the same seed (Park and Miller's generator). */
export function chanceFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/**
 * A worker builds, beats every 30 s, and dies at a moment of chance; sweeps come once in their period, at a phase of
 * chance. Answers the time (ms) from its death to when another worker's poll is granted the build.
 */
export async function killOnce(chance: () => number): Promise<number> {
  const world = createWorld();
  const to = world.controller();
  const [crew, clients] = [crewOf(world), clientsOf(world, nothingAcknowledged())];
  const [victim, other] = [aMember('victim'), aMember('other')];
  await crew.register(to, victim);
  await crew.register(to, other);
  await clients.submit(to, 'build');
  const job = await crew.poll(to, victim);
  if (!job) throw new Error('the victim got no build');

  const start = world.state.now;
  const diesAt = start + 600_000 * chance();
  const sweepPhase = SWEEP_MS * chance();
  let beatAt = start;
  for (let sweepAt = start + sweepPhase; ; sweepAt += SWEEP_MS) {
    for (; beatAt <= diesAt && beatAt <= sweepAt; beatAt += HEARTBEAT_MS) {
      world.state.now = beatAt;
      await crew.heartbeat(to, victim, job);
    }
    world.state.now = sweepAt;
    await runSweep(to);
    if (await crew.poll(to, other)) return sweepAt - diesAt;
    if (sweepAt > diesAt + GIVEN_UP_MS) throw new Error('the build was not granted again');
  }
}
