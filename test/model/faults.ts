import { CallFailed, type Step } from './world.ts';

interface Injected {
  readonly step: Step;
  /** Resolves when the process has died; never, if it was not to. */
  readonly died: Promise<'died'>;
  readonly wasHit: () => boolean;
  /** How many moments there have been. */
  readonly count: () => number;
}

/**
 * Breaks one moment of an operation, counted from 1. `die`: the process ends there; nothing of it runs any more, not even
 * what it would do about an error. `lose`: the request (before) or its reply (after) is lost, and the operation goes on.
 * `calls`: is told what was called.
 */
export function breakAt(moment: number, how: 'die' | 'lose', calls?: Set<string>): Injected {
  let count = 0;
  const { promise: died, resolve: die } = Promise.withResolvers<'died'>();
  const step: Step = async ({ call, when }) => {
    count += 1;
    calls?.add(call);
    if (count !== moment) return;
    if (how === 'lose') throw new CallFailed(`lost ${when} ${call}`);
    die('died');
    await new Promise<never>(() => {});
  };
  return { step, died, wasHit: () => count >= moment, count: () => count };
}
