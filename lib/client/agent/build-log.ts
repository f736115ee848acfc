import { type Clock, ignoreAbort } from '../clock.ts';
import { growingPauseMs } from '../log-pace.ts';
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
  /** `firstLine`: how many lines of this attempt went before, so that a repeated batch is known as one. */
  readonly send: (entries: readonly LogEntry[], firstLine: number, signal: AbortSignal) => Promise<unknown>;
}

/** People following a log do not notice half a second; a call per line would cost a hundred times as much. */
const FLUSH_MS = 500;
/**
 * How long after the last call lines may wait for the next, by how long the build has gone on: half a second for the first
 * half minute, 3 s from the third minute on. A full batch waits for nothing, nor does a line after a silence.
 */
export const logPauseMs = (ageMs: number): number => growingPauseMs(ageMs, FLUSH_MS);
/** Without any progress. Longer than a lease: a controller that is away that long puts the lease in doubt, which is waited out. */
const CLOSE_MS = 120_000;
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
  #sentLines = 0;
  readonly #begunAt: number;
  #sentAt = Number.NEGATIVE_INFINITY;
  #progressAt: number;
  #wake = () => {};
  #room: Promise<void> | undefined;
  #makeRoom = () => {};

  constructor(deps: BuildLogDeps) {
    this.#deps = deps;
    this.#until = AbortSignal.any([deps.lease.signal, this.#givenUp.signal]);
    this.#until.addEventListener('abort', () => this.#makeRoom(), { once: true });
    this.#begunAt = deps.clock.now();
    this.#progressAt = this.#begunAt;
    this.#finished = this.#run().catch(ignoreAbort(this.#until));
  }

  /** Never waits; whoever has much to say asks for `room` after. */
  add(level: LogEntry['level'], message: string): void {
    this.#queue.add({ level, message });
    if (this.#isDue()) this.#wake();
  }

  /** While more waits than memory is for: when some of it is gone, or nobody takes it any more. */
  room(): Promise<void> | undefined {
    if (this.#until.aborted || !this.#queue.isFull()) return undefined;
    this.#room ??= new Promise((resolve) => {
      this.#makeRoom = () => {
        this.#room = undefined;
        resolve();
      };
    });
    return this.#room;
  }

  /** Delivers what is left, but not for ever: the result matters more. */
  async close(patienceMs = CLOSE_MS): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    const finished = new AbortController();
    const tooLate = this.#tooLate(patienceMs, finished.signal).catch(ignoreAbort(finished.signal));
    await Promise.race([this.#finished, tooLate]);
    finished.abort();
    this.#givenUp.abort();
    await this.#finished;
  }

  async #tooLate(patienceMs: number, finished: AbortSignal): Promise<void> {
    const { clock, lease } = this.#deps;
    let since = clock.now();
    for (;;) {
      const left = Math.max(since, this.#progressAt) + patienceMs - clock.now();
      if (left > 0) await clock.wait(left, finished);
      else if (!lease.isInDoubt() || lease.signal.aborted) return;
      else {
        await lease.held(finished).catch(ignoreAbort(lease.signal));
        since = clock.now();
      }
    }
  }

  /** The first line goes at once: whoever follows the log sees that somebody has started. */
  #isDue(): boolean {
    return this.#isClosed || this.#queue.hasFullBatch() || (this.#isFirst && !this.#queue.isEmpty());
  }

  #hasPaused(): boolean {
    const now = this.#deps.clock.now();
    return now - this.#sentAt >= logPauseMs(now - this.#begunAt);
  }

  async #run(): Promise<void> {
    const queue = this.#queue;
    while (!this.#until.aborted && !(this.#isClosed && queue.isEmpty())) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (!this.#isDue()) await Promise.race([this.#deps.clock.wait(FLUSH_MS, this.#until), woken]);
      if (!queue.isEmpty() && (this.#isDue() || this.#hasPaused())) await this.#deliver();
    }
    if (queue.hasUnmentionedDrops()) await this.#deliver();
  }

  async #deliver(): Promise<void> {
    const { clock, random, lease, send } = this.#deps;
    const batch = this.#queue.take();
    this.#isFirst = false;
    this.#sentAt = clock.now();
    try {
      const context = { clock, random, signal: this.#until, isWorthAnotherTry: isControllerTrouble };
      await withRetries(() => send(batch, this.#sentLines, this.#until), RETRY, context);
    } catch (error) {
      this.#until.throwIfAborted();
      const reason = refusalReason(error);
      if (reason) lease.revoke(reason);
      // Refused as it is: repeating it would hold up everything after it.
      this.#queue.drop(batch.length);
    }
    this.#sentLines += batch.length;
    this.#progressAt = clock.now();
    if (this.#queue.hasRoom()) this.#makeRoom();
  }
}
