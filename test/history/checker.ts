import { boundedAttempts, fenced, oneLiveGrant, onlyTheAble } from './check-grants.ts';
import {
  heldByNobodyGone,
  nothingFromTheGone,
  nothingWhilePaused,
  onlyOfTheEnded,
  sameSource,
} from './check-operators.ts';
import { oneEffect } from './check-repeats.ts';
import { agreement, answers, buried, drained, nothingLost, ownResult } from './check-rest.ts';
import { sourcesKept } from './check-sources.ts';
import type { History, Invariant, Violation } from './history.ts';
import { type View, viewOf } from './view.ts';

/** What must never happen, each by its name in the design; and what labels and pauses promise. */
const CHECKS: Readonly<Record<Invariant, (view: View) => Violation[]>> = {
  I1: oneLiveGrant,
  I2: (view) => [...nothingLost(view), ...sourcesKept(view), ...sameSource(view)],
  I3: (view) => [...fenced(view), ...nothingFromTheGone(view)],
  I4: (view) => [...agreement(view), ...heldByNobodyGone(view)],
  I5: oneEffect,
  I6: ownResult,
  I7: buried,
  I8: boundedAttempts,
  I9: drained,
  I10: (view) => [...answers(view), ...onlyOfTheEnded(view)],
  labels: onlyTheAble,
  pauses: nothingWhilePaused,
};

/** Everything in the history that must not be, with the few entries that show it. Linear in the length of the history. */
export function check(history: History): Violation[] {
  const view = viewOf(history);
  return Object.values(CHECKS).flatMap((find) => find(view));
}
