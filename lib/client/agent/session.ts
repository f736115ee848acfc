import type { Polled, Registered } from '../answers.ts';
import { ApiError, hasStatus, isTransient } from '../api-error.ts';
import type { Clock } from '../clock.ts';
import type { Answer } from '../request.ts';
import { type RetryPolicy, UNTIL_STOPPED, withRetries } from '../retry.ts';
import type { Emit } from './events.ts';
import type { WorkerApi, WorkerIdentity } from './worker-api.ts';

export interface SessionDeps {
  readonly api: WorkerApi;
  readonly worker: WorkerIdentity;
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
}

export interface PollSignals {
  /** Ends waiting for a controller. A poll under way is not cut off by it: it may just be granting a build. */
  readonly leaving: AbortSignal;
  readonly stopping: AbortSignal;
}

/** Whoever stops a worker waits for it. */
const LEAVE_TIMEOUT_MS = 5_000;

/** A worker's registration and its token, which lives here and nowhere else. */
export class Session {
  readonly #deps: SessionDeps;
  #registered: Registered;
  #renewal: Promise<void> | undefined;
  #hasLeft = false;
  /** Told when registering again: 0 would say that a build was lost. */
  activeBuilds = 0;

  private constructor(deps: SessionDeps, registered: Registered) {
    this.#deps = deps;
    this.#registered = registered;
  }

  /** Registers, however long the controller takes to come up. */
  static async open(deps: SessionDeps, signal: AbortSignal): Promise<Session> {
    return new Session(deps, await register(deps, undefined, 0, signal));
  }

  get current(): Registered {
    return this.#registered;
  }

  /** Runs a call with the token; a refused token is renewed once, keeping the worker's id. */
  async withToken<T>(renewSignal: AbortSignal, call: (token: string) => Promise<T>): Promise<T> {
    const token = this.#registered.access_token;
    try {
      return await call(token);
    } catch (error) {
      if (!hasStatus(error, 401)) throw error;
      await this.#renew({ id: this.#registered.id, token }, token, renewSignal);
      return call(this.#registered.access_token);
    }
  }

  async poll(signals: PollSignals): Promise<Answer<Polled>> {
    const answer = await this.#poll(signals);
    const { access_token = this.#registered.access_token, next_poll_ms } = answer.body;
    this.#registered = { ...this.#registered, access_token, next_poll_ms };
    return answer;
  }

  /** Leaves for good: what is still held goes to others at once. A second time says nothing. */
  async leave(policy: RetryPolicy): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const { api, clock, random } = this.#deps;
    const leave = () => api.unregister(this.#registered.access_token, { timeoutMs: LEAVE_TIMEOUT_MS });
    await withRetries(leave, policy, { clock, random, isWorthAnotherTry: isControllerTrouble });
  }

  async #poll({ leaving, stopping }: PollSignals): Promise<Answer<Polled>> {
    const poll = (token: string) => this.#deps.api.poll(token, stopping);
    try {
      return await this.withToken(leaving, poll);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      // The controller does not know this worker any more: it is a new one.
      await this.#renew(undefined, this.#registered.access_token, leaving);
      return poll(this.#registered.access_token);
    }
  }

  /** Heartbeats, logs and uploads may find the token refused at the same moment: one registration serves them all. */
  #renew(previous: Previous | undefined, refused: string, signal: AbortSignal): Promise<void> {
    if (this.#registered.access_token !== refused) return Promise.resolve();
    this.#renewal ??= register(this.#deps, previous, this.activeBuilds, signal)
      .then((again) => {
        this.#registered = again;
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }
}

interface Previous {
  readonly id: string;
  readonly token: string;
}

async function register(
  deps: SessionDeps,
  previous: Previous | undefined,
  active: number,
  signal: AbortSignal,
): Promise<Registered> {
  const { body } = await withRetries(() => deps.api.register(previous, active, signal), UNTIL_STOPPED, {
    clock: deps.clock,
    random: deps.random,
    signal,
    isWorthAnotherTry: isControllerTrouble,
    onRetry: (error, delayMs) =>
      deps.emit({ event: 'controller_unreachable', reason: messageOf(error), retry_ms: delayMs }),
  });
  deps.emit({ event: 'registered', worker_id: body.id, name: deps.worker.name });
  return body;
}

/** Its trouble and not ours: a worker waits these out, be it a crash, a deployment or a proxy's error page. */
export function isControllerTrouble(error: unknown): boolean {
  if (isTransient(error)) return true;
  return error instanceof ApiError && (error.status >= 500 || error.code === 'bad_answer');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
