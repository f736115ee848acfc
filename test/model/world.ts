import type { AppEvent, Secrets } from '../../lib/app/ports.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import type { Platform } from '../../lib/domain/build.ts';
import type { Pauses } from '../../lib/domain/pause.ts';
import { rememberedPauses } from '../../lib/runtime/remembered-pauses.ts';
import { secrets as realSecrets } from '../../lib/runtime/secrets.ts';
import { createGhost } from './ghost.ts';
import { memoryBuilds } from './memory-builds.ts';
import { memoryFiles, memoryTotals } from './memory-files.ts';
import { memoryIndex } from './memory-index.ts';
import { memoryLogs } from './memory-logs.ts';
import { memoryPauses } from './memory-pauses.ts';
import { memoryQueue } from './memory-queue.ts';
import { memoryTable } from './memory-table.ts';
import { waitingAmong } from './memory-waiting.ts';
import { memoryWorkers } from './memory-workers.ts';
import { SETTINGS, type Settings } from './settings.ts';

/** A moment before or after one call of a port takes effect. */
export interface Op {
  /** `port.method`. */
  readonly call: string;
  readonly when: 'before' | 'after';
}

/** Awaited at each such moment: may wait, throw (a lost request or reply, a throttle, a conflict), or never come back. */
export type Step = (op: Op) => Promise<void>;

/** What a step throws for a transaction conflict that outlasted its repetitions. */
export class Conflict extends Error {
  override name = 'Conflict';
}

/** What a step throws for a request or reply that got lost, and for a throttle. */
export class CallFailed extends Error {
  override name = 'CallFailed';
}

export type World = ReturnType<typeof createWorld>;
export type Controller = ReturnType<World['controller']>;

/** A Tuesday at noon. */
const START = Date.UTC(2026, 0, 6, 12);
const NO_STEP: Step = async () => {};

/**
 * All that the controller talks to, in memory, on a clock that only moves when it is told. Each port call is one atomic
 * step between two awaited moments; each `controller` is one process of the controller, with its own clock and fate.
 */
export function createWorld(settings: Settings = SETTINGS) {
  const state = { now: START, indexLagMs: 0, drawn: 0 };
  const clock = () => state.now;
  const ghost = createGhost(() => table, clock, settings.maxAttempts);
  const table = memoryTable(clock, ghost.onCommit);
  const queue = memoryQueue(clock, ghost);
  const files = memoryFiles();
  const totals = memoryTotals();
  const pauses = new Map<Platform, Pauses>();
  const events: AppEvent[] = [];
  const secrets: Secrets = {
    ...realSecrets,
    id: () => `id-${++state.drawn}-`.padEnd(21, '0'),
    token: () => `token-${++state.drawn}-`.padEnd(43, '0'),
  };

  function controller({ step = NO_STEP, skewMs = 0 }: { step?: Step; skewMs?: number } = {}) {
    const ownClock = () => state.now + skewMs;
    const pauseStore = gated('pauses', memoryPauses(pauses), step);
    const between = (call: string) => () => step({ call, when: 'before' });
    return {
      builds: gated('builds', memoryBuilds(table), step),
      workers: gated('workers', memoryWorkers(table), step),
      logs: gated('logs', memoryLogs(table, between('logs.put')), step),
      queue: gated('queue', queue.queue, step),
      index: gated(
        'index',
        memoryIndex(table, clock, () => state.indexLagMs, between('index.read')),
        step,
      ),
      waiting: gated(
        'waiting',
        waitingAmong(() => table.buildsAsOf(state.indexLagMs)),
        step,
      ),
      files: gated('files', files.files, step),
      totals: gated('totals', totals, step),
      pauses: pauseStore,
      lookout: rememberedPauses(async (platform) => (await pauseStore.get(platform)).pause !== undefined, ownClock),
      secrets,
      clock: ownClock,
      // Half of the time the one queue first, half of the time the other; never the same pause twice.
      chance: () => (++state.drawn % 10) / 10,
      report: (event: AppEvent) => void events.push(event),
      ...settings,
    };
  }

  return { state, settings, ghost, table, queue, files, events, controller };
}

function gated<Port extends object>(name: string, port: Port, step: Step): Port {
  return new Proxy(port, {
    get: (target, method, receiver) => {
      const run: unknown = Reflect.get(target, method, receiver);
      // A stream of pages has its moments between the pages.
      if (typeof run !== 'function' || method === 'due') return run;
      const call = `${name}.${String(method)}`;
      return async (...args: unknown[]) => {
        try {
          await step({ call, when: 'before' });
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
          if (call === 'builds.assign') return { ok: false, refusal: 'conflict' };
          throw new Rejection('contended', 'The build is being changed by others; try again');
        }
        const answer: unknown = await run.apply(target, args);
        await step({ call, when: 'after' });
        return answer;
      };
    },
  });
}
