import type { LifeClaim } from '../domain/transitions.ts';
import { type BeatDeps, beat } from './beat.ts';
import type { LogStore, Report } from './ports.ts';

interface Deps extends BeatDeps {
  readonly logs: Pick<LogStore, 'note'>;
  readonly report: Report;
}

/** A sign of life. Answers when the lease now ends. Progress that is new becomes a line of the log. */
export async function heartbeat(
  deps: Deps,
  buildId: string,
  claim: LifeClaim,
  leaseMs: number,
  progress?: number,
): Promise<number> {
  const now = deps.clock();
  const { leaseUntil, isProgressNew } = await beat(deps, buildId, claim, leaseMs, { progress });
  if (isProgressNew) await noteProgress(deps, buildId, progress, now);
  return leaseUntil;
}

/** The lease is renewed by now: some workers end their build at any answer but 200, and a line is not worth one. */
async function noteProgress(deps: Deps, buildId: string, progress: number | undefined, now: number): Promise<void> {
  try {
    await deps.logs.note(buildId, { timestamp: now, level: 'info', message: `Build progress: ${progress}%` });
  } catch (error) {
    deps.report({ event: 'event_not_stored', buildId, error });
  }
}
