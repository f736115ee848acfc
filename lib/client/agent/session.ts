import type { Polled, Registered } from '../answers.ts';
import { ApiError, hasStatus, isTransient } from '../api-error.ts';
import type { Clock } from '../clock.ts';
import type { Answer } from '../request.ts';
import { UNTIL_STOPPED, withRetries } from '../retry.ts';
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

export interface Session {
  readonly current: () => Registered;
  /** Runs a call with the token; a refused token is renewed once, keeping the worker's id. */
  readonly withToken: <T>(signal: AbortSignal, call: (token: string) => Promise<T>) => Promise<T>;
  readonly poll: (signals: PollSignals) => Promise<Answer<Polled>>;
  readonly setActiveBuilds: (count: number) => void;
}

/** Registers, however long the controller takes to come up. The token lives in this closure and nowhere else. */
export async function openSession(deps: SessionDeps, signal: AbortSignal): Promise<Session> {
  const { api } = deps;
  let registered = await register(deps, undefined, 0, signal);
  let activeBuilds = 0;
  let renewal: Promise<void> | undefined;

  /** Heartbeats, logs and uploads may find the token refused at the same moment: one registration serves them all. */
  const renew = (refused: string, previousId: string | undefined, renewSignal: AbortSignal): Promise<void> => {
    if (registered.access_token !== refused) return Promise.resolve();
    renewal ??= register(deps, previousId, activeBuilds, renewSignal)
      .then((again) => {
        registered = again;
      })
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  const withToken = async <T>(renewSignal: AbortSignal, call: (token: string) => Promise<T>): Promise<T> => {
    const token = registered.access_token;
    try {
      return await call(token);
    } catch (error) {
      if (!hasStatus(error, 401)) throw error;
      await renew(token, registered.id, renewSignal);
      return call(registered.access_token);
    }
  };

  const poll = async ({ leaving, stopping }: PollSignals): Promise<Answer<Polled>> => {
    try {
      return await withToken(leaving, (token) => api.poll(token, stopping));
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      // The controller does not know this worker any more: it is a new one.
      await renew(registered.access_token, undefined, leaving);
      return api.poll(registered.access_token, stopping);
    }
  };

  return {
    current: () => registered,
    withToken,
    poll: async (signals) => {
      const answer = await poll(signals);
      const { access_token = registered.access_token, next_poll_ms } = answer.body;
      registered = { ...registered, access_token, next_poll_ms };
      return answer;
    },
    setActiveBuilds: (count) => {
      activeBuilds = count;
    },
  };
}

async function register(
  deps: SessionDeps,
  id: string | undefined,
  active: number,
  signal: AbortSignal,
): Promise<Registered> {
  const { body } = await withRetries(() => deps.api.register(id, active, signal), UNTIL_STOPPED, {
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
