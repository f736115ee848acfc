import type { Build } from '../domain/build.ts';
import type { BuildStore } from './ports.ts';

/** A sign of life that is no heartbeat: a lease that is about to end is made longer, none is shortened. */
export async function keepAlive(builds: BuildStore, build: Build, now: number, leaseMs: number): Promise<void> {
  if (isEndingSoon(build, now, leaseMs)) await builds.extendLease(build, now + leaseMs);
}

/** Two thirds: a chatty build must not cost a second write for each of its lines. */
function isEndingSoon(build: Build, now: number, leaseMs: number): boolean {
  return build.leaseUntil !== undefined && build.leaseUntil < now + (leaseMs * 2) / 3;
}
