import type { LifeClaim } from '../domain/transitions.ts';
import type { Sample } from '../domain/telemetry.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import type { BuildStore } from './ports.ts';

export interface BeatDeps extends FenceDeps {
  readonly builds: BuildStore;
}

interface News {
  readonly progress?: number | undefined;
  readonly sample?: Sample | undefined;
}

interface Heard {
  readonly leaseUntil: number;
  readonly isProgressNew: boolean;
  readonly isSampleDue: boolean;
}

/** The holder is alive: the lease now ends `leaseMs` from now. What it brings is written down by the same write. */
export async function beat(
  deps: BeatDeps,
  buildId: string,
  claim: LifeClaim,
  leaseMs: number,
  news: News,
): Promise<Heard> {
  const now = deps.clock();
  let heard: Heard = { leaseUntil: now + leaseMs, isProgressNew: false, isSampleDue: false };
  await fenced(
    deps,
    buildId,
    claim,
    (proven) => ({ type: 'heartbeat', claim: proven, leaseMs }),
    async (proven, rebindTo) => {
      const { leaseUntil } = heard;
      const outcome = await deps.builds.heartbeat(buildId, proven, { now, leaseUntil, rebindTo, ...news });
      if (!outcome.ok) return outcome;
      const { isProgressNew = false, isSampleDue = false } = outcome;
      heard = { leaseUntil, isProgressNew, isSampleDue };
      return outcome;
    },
  );
  return heard;
}
