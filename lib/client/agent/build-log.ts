import { type Clock, ignoreAbort } from '../clock.ts';
import { type RetryPolicy, withRetries } from '../retry.ts';
import { refusalReason } from './heartbeats.ts';
import type { Lease } from './lease.ts';
import { createLogQueue } from './log-queue.ts';
import { isControllerTrouble } from './session.ts';
import type { LogEntry } from './worker-api.ts';

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

/** The log of one build on its way to the controller. */
export class BuildLog {
  readonly #deps: BuildLogDeps;
  readonly #queue = createLogQueue();
  readonly #givenUp = new AbortController();
  readonly #until: AbortSignal;
  readonly #finished: Promise<void>;
  #isClosed = false;
  #isFirst = true;
  #wake = () => {};

  constructor(deps: BuildLogDeps) {
    this.#deps = deps;
    this.#until = AbortSignal.any([deps.lease.signal, this.#givenUp.signal]);
    this.#finished = this.#run().catch(ignoreAbort(this.#until));
  }

  /** Never waits: a build must not stand still because its log does. */
  add(level: LogEntry['level'], message: string): void {
    this.#queue.add({ level, message });
    if (this.#isDue()) this.#wake();
  }

  /** Delivers what is left, but not for ever: the result matters more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    const timer = new AbortController();
    const tooLate = this.#deps.clock.wait(CLOSE_MS, timer.signal).catch(ignoreAbort(timer.signal));
    await Promise.race([this.#finished, tooLate]);
    timer.abort();
    this.#givenUp.abort();
    await this.#finished;
  }

  /** The first line goes at once: whoever follows the log sees that somebody has started. */
  #isDue(): boolean {
    return this.#isClosed || this.#queue.hasFullBatch() || (this.#isFirst && !this.#queue.isEmpty());
  }

  async #run(): Promise<void> {
    const queue = this.#queue;
    while (!this.#until.aborted && !(this.#isClosed && queue.isEmpty())) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (!this.#isDue()) await Promise.race([this.#deps.clock.wait(FLUSH_MS, this.#until), woken]);
      if (!queue.isEmpty()) await this.#deliver();
    }
    if (queue.hasUnmentionedDrops()) await this.#deliver();
  }

  async #deliver(): Promise<void> {
    const { clock, random, lease, send } = this.#deps;
    const batch = this.#queue.take();
    this.#isFirst = false;
    try {
      const context = { clock, random, signal: this.#until, isWorthAnotherTry: isControllerTrouble };
      await withRetries(() => send(batch, this.#until), RETRY, context);
    } catch (error) {
      this.#until.throwIfAborted();
      const reason = refusalReason(error);
      if (reason) lease.revoke(reason);
      // Refused as it is: repeating it would hold up everything after it.
      this.#queue.drop(batch.length);
    }
  }
}
