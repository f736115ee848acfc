import { type Clock, ignoreAbort } from '../clock.ts';
import { type RetryPolicy, withRetries } from '../retry.ts';
import { refusalReason } from './heartbeats.ts';
import type { Lease } from './lease.ts';
import { createLogQueue } from './log-queue.ts';
import { isControllerTrouble } from './session.ts';
import type { LogEntry } from './worker-api.ts';

export interface BuildLog {
  /** Never waits: a build must not stand still because its log does. */
  add(level: LogEntry['level'], message: string): void;
  /** Delivers what is left, but not for ever: the result matters more. */
  close(): Promise<void>;
}

export interface BuildLogDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly lease: Lease;
  readonly send: (entries: readonly LogEntry[], signal: AbortSignal) => Promise<unknown>;
}

/** People following a log do not notice half a second; a call per line would cost a hundred times as much. */
const FLUSH_MS = 500;
const CLOSE_MS = 10_000;
const RETRY: RetryPolicy = { tries: Number.POSITIVE_INFINITY, baseMs: 500, maxMs: 5_000 };

export function openBuildLog(deps: BuildLogDeps): BuildLog {
  const { clock, lease } = deps;
  const queue = createLogQueue();
  const givenUp = new AbortController();
  const until = AbortSignal.any([lease.signal, givenUp.signal]);
  let isClosed = false;
  let isFirst = true;
  let wake = () => {};

  /** The first line goes at once: whoever follows the log sees that somebody has started. */
  const isDue = () => isClosed || queue.hasFullBatch() || (isFirst && !queue.isEmpty());

  const deliver = async () => {
    const batch = queue.take();
    isFirst = false;
    try {
      const context = { clock, random: deps.random, signal: until, isWorthAnotherTry: isControllerTrouble };
      await withRetries(() => deps.send(batch, until), RETRY, context);
    } catch (error) {
      until.throwIfAborted();
      const reason = refusalReason(error);
      if (reason) lease.revoke(reason);
      // Refused as it is: repeating it would hold up everything after it.
      queue.drop(batch.length);
    }
  };

  const run = async () => {
    while (!until.aborted && !(isClosed && queue.isEmpty())) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (!isDue()) await Promise.race([clock.wait(FLUSH_MS, until), woken]);
      if (!queue.isEmpty()) await deliver();
    }
    if (queue.hasUnmentionedDrops()) await deliver();
  };
  const finished = run().catch(ignoreAbort(until));

  return {
    add: (level, message) => {
      queue.add({ level, message });
      if (isDue()) wake();
    },
    close: async () => {
      isClosed = true;
      wake();
      const timer = new AbortController();
      await Promise.race([finished, clock.wait(CLOSE_MS, timer.signal).catch(ignoreAbort(timer.signal))]);
      timer.abort();
      givenUp.abort();
      await finished;
    },
  };
}
