import { isLookedAt, type NamedClaim, type Sample, type TelemetryType } from '../domain/telemetry.ts';
import type { LifeClaim } from '../domain/transitions.ts';
import { type BeatDeps, beat } from './beat.ts';
import type { MetricsStore } from './metrics-ports.ts';
import type { Report } from './ports.ts';

interface Deps extends BeatDeps {
  readonly metrics: MetricsStore;
  readonly report: Report;
}

interface Telemetry {
  readonly type: TelemetryType;
  readonly sample?: Sample | undefined;
}

/**
 * With proof, a heartbeat that brings figures. Without (the old host monitor sends ids and no secret, and stops for good
 * after five refusals), figures and nothing else: ids are no secret, and whoever knows them could keep a dead worker's
 * build from everybody if they made its lease longer. Such a post is answered the same whether the ids are right or not.
 */
export async function recordTelemetry(
  deps: Deps,
  buildId: string,
  claim: LifeClaim | NamedClaim,
  { type, sample }: Telemetry,
  leaseMs: number,
): Promise<void> {
  if (!isLookedAt(type, buildId, deps.clock())) return;
  const isSampleDue =
    'namedWorkerId' in claim
      ? sample !== undefined && (await deps.builds.measure(buildId, claim.namedWorkerId, sample))
      : (await beat(deps, buildId, claim, leaseMs, { sample })).isSampleDue;
  if (isSampleDue && sample) await keep(deps, buildId, sample);
}

/** The lease is renewed by now; one point of a curve is not worth a failure. */
async function keep(deps: Deps, buildId: string, sample: Sample): Promise<void> {
  try {
    await deps.metrics.put(buildId, sample);
  } catch (error) {
    deps.report({ event: 'event_not_stored', buildId, error });
  }
}
