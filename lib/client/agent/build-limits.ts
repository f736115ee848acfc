import { type Clock, ignoreAbort } from '../clock.ts';
import { CommandFailed } from './build-stopped.ts';

export interface Limits {
  /** How long a build's command may run. */
  readonly timeoutMs?: number | undefined;
  /** How long it may be silent: a process that lives but gets nowhere is no progress. */
  readonly idleMs?: number | undefined;
}

export interface LimitWatch {
  /** Aborted, with a `CommandFailed`, when a limit is passed. */
  readonly signal: AbortSignal;
  /** The command has said something. Until `deafUntil` it cannot be heard, and does not count as silent. */
  heard(deafUntil?: Promise<void>): void;
  end(): void;
}

export function watchLimits(clock: Clock, { timeoutMs, idleMs }: Limits): LimitWatch {
  const passed = new AbortController();
  const ended = new AbortController();
  let heardAt = clock.now();
  let deaf = 0;
  const sinceHeard = () => (deaf > 0 ? 0 : clock.now() - heardAt);
  const watch = async (leftMs: () => number, message: string) => {
    for (let left = leftMs(); left > 0; left = leftMs()) await clock.wait(left, ended.signal);
    if (!ended.signal.aborted) passed.abort(new CommandFailed(message));
  };
  const startedAt = clock.now();
  const watches = [
    timeoutMs !== undefined &&
      watch(() => startedAt + timeoutMs - clock.now(), `Build command ended: it ran longer than ${inWords(timeoutMs)}`),
    idleMs !== undefined && watch(() => idleMs - sinceHeard(), `Build command ended: no output for ${inWords(idleMs)}`),
  ];
  for (const each of watches) if (each) each.catch(ignoreAbort(ended.signal));
  return {
    signal: passed.signal,
    heard: (deafUntil) => {
      heardAt = clock.now();
      if (!deafUntil) return;
      deaf += 1;
      void deafUntil.then(() => {
        deaf -= 1;
        heardAt = clock.now();
      });
    },
    end: () => ended.abort(),
  };
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
