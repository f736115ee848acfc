import { type KeyHolder, notedId } from '../domain/api-key.ts';
import type { Build } from '../domain/build.ts';
import { byKey } from '../domain/build-event.ts';
import { Rejection } from '../domain/rejection.ts';
import { decide } from '../domain/transitions.ts';
import type { BuildStore, Clock, Report } from './ports.ts';

/** 3 tries: assignment, heartbeat and the sweep can each move the build once between our read and our write. */
const MAX_TRIES = 3;

/** Ends a build at once, whatever its worker is doing; the worker learns of it from its next call. Idempotent. */
export async function cancelBuild(
  deps: { readonly builds: BuildStore; readonly clock: Clock; readonly report: Report },
  read: Build,
  by?: KeyHolder,
): Promise<void> {
  const keyId = notedId(by);
  let seen = read;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (seen.state === 'cancelled') return;
    const now = deps.clock();
    const decision = decide(seen, { type: 'cancel' }, now);
    if (!decision.ok) throw new Rejection(decision.code, decision.why);
    const outcome = await deps.builds.cancel(seen, now, keyId && byKey(keyId));
    if (outcome.ok) {
      const holder = seen.holder && { workerId: seen.holder.workerId };
      deps.report({ event: 'build_cancelled', buildId: seen.id, attempt: seen.attempt, ...holder });
      return;
    }
    if (!outcome.current) throw new Rejection('build_not_found', 'Build not found');
    seen = outcome.current;
  }
  throw new Rejection('contended', `Build ${read.id} is being changed by others; try again`);
}
