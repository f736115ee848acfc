import { type ReadonlySignal, signal } from '@preact/signals';
import type { Answer, Problem } from './answer.ts';

/** Time, and whether anybody looks; arguments, so that a test can let a day pass. */
export interface Surroundings {
  readonly clock: () => number;
  /** Runs something once after so many ms; answers what prevents it. */
  readonly after: (ms: number, run: () => void) => () => void;
  readonly isHidden: () => boolean;
  /** Calls whenever the page is hidden or shown; answers what stops it. */
  readonly onVisibility: (run: () => void) => () => void;
}

export interface LiveOptions<T> {
  /** How long after an answer it is asked again, from what it said; nothing: never again by itself. */
  readonly paceMs: (value: T) => number | undefined;
}

/** Something of the controller's that is kept up to date as long as it is looked at. */
export interface Live<T> {
  /** The newest that is known; it stays while the controller is away. */
  readonly value: ReadonlySignal<T | undefined>;
  /** What the last question came to, if it was no answer. */
  readonly problem: ReadonlySignal<Problem | undefined>;
  /** When `value` came, in ms. */
  readonly updatedAt: ReadonlySignal<number | undefined>;
  /** Asks now, and goes on from there. */
  refresh(): Promise<void>;
  stop(): void;
}

/** Without an answer it is asked after 2 s, 4 s, … and from then on each 30 s: whoever waits sees it come back soon. */
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 30_000;

/**
 * Asks at once and again and again: at its pace while all is well, more and more seldom while the controller is away, not at
 * all while the page is hidden, and at once when it is shown again and the pace's time has passed. What a refusal or a missing
 * key answers is not asked again by itself: it would be the same.
 */
export function live<T>(
  ask: (signal: AbortSignal) => Promise<Answer<T>>,
  { paceMs }: LiveOptions<T>,
  { clock, after, isHidden, onVisibility }: Surroundings,
): Live<T> {
  const value = signal<T | undefined>(undefined);
  const problem = signal<Problem | undefined>(undefined);
  const updatedAt = signal<number | undefined>(undefined);
  let failures = 0;
  let dueAt: number | undefined = clock();
  let cancelTimer = () => {};
  let asking: AbortController | undefined;
  let isStopped = false;

  async function refresh(): Promise<void> {
    asking?.abort();
    cancelTimer();
    const own = new AbortController();
    asking = own;
    const answer = await ask(own.signal);
    if (asking !== own || isStopped) return;
    asking = undefined;
    dueAt = nextAt(answer);
    schedule();
  }

  function nextAt(answer: Answer<T>): number | undefined {
    const now = clock();
    if (answer.ok) {
      failures = 0;
      value.value = answer.value;
      problem.value = undefined;
      updatedAt.value = now;
      const pace = paceMs(answer.value);
      return pace === undefined ? undefined : now + pace;
    }
    problem.value = answer.problem;
    if (answer.problem.kind !== 'away') return undefined;
    failures += 1;
    const patience = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS);
    return now + Math.max(patience, answer.problem.retryAfterMs ?? 0);
  }

  function schedule(): void {
    cancelTimer();
    if (isStopped || asking || dueAt === undefined || isHidden()) return;
    cancelTimer = after(Math.max(0, dueAt - clock()), () => void refresh());
  }

  const stopListening = onVisibility(schedule);
  schedule();
  return {
    value,
    problem,
    updatedAt,
    refresh,
    stop: () => {
      isStopped = true;
      asking?.abort();
      cancelTimer();
      stopListening();
    },
  };
}
