import { rememberedEach } from '../app/remembered-each.ts';

/** That there is nothing is known for `freshMs`: what comes meanwhile is seen later. What there is is read each time. */
export function rememberedNothing<K, T>(
  read: (key: K) => Promise<readonly T[]>,
  freshMs: number,
  clock: () => number,
): (key: K) => Promise<readonly T[]> {
  const emptyAt = new Map<K, number>();
  return async (key) => {
    if (clock() - (emptyAt.get(key) ?? Number.NEGATIVE_INFINITY) < freshMs) return [];
    const found = await read(key);
    if (found.length === 0) emptyAt.set(key, clock());
    return found;
  };
}

/** Gives the value of `read` again until it is `freshMs` old. Calls that meet share one read; a failure is not kept. */
export function remembered<T>(read: () => Promise<T>, freshMs: number, clock: () => number): () => Promise<T> {
  const only = rememberedEach(read, clock);
  return () => only(undefined, freshMs);
}
