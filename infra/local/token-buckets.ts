/** As many as one attacker is worth remembering; who has not been seen for longest is forgotten, and starts afresh. */
const MAX_NAMES = 10_000;

/** One bucket for each name. Full it holds what comes in a minute, so a minute's worth may be taken at once. */
export function createTokenBuckets(perMinute: number, maxNames = MAX_NAMES) {
  const perMs = perMinute / 60_000;
  const buckets = createRecent<{ readonly level: number; readonly atMs: number }>(maxNames);

  function levelOf(name: string, nowMs: number): number {
    const bucket = buckets.get(name);
    if (!bucket) return perMinute;
    // A clock that was set back fills nothing.
    return Math.min(perMinute, bucket.level + Math.max(0, nowMs - bucket.atMs) * perMs);
  }

  return {
    /** 0 where one may be taken now. */
    waitSeconds(name: string, nowMs: number): number {
      const lacking = 1 - levelOf(name, nowMs);
      return lacking <= 0 ? 0 : Math.ceil(lacking / perMs / 1000);
    },
    /** Takes one even where there is none: what ran at the same time is owed, up to a minute's worth. */
    take(name: string, nowMs: number): void {
      buckets.set(name, { level: Math.max(-perMinute, levelOf(name, nowMs) - 1), atMs: nowMs });
    },
    size: buckets.size,
  };
}

/** A map of what was set most recently. */
export function createRecent<V>(maxEntries = MAX_NAMES) {
  const entries = new Map<string, V>();
  return {
    get: (name: string) => entries.get(name),
    set(name: string, value: V): void {
      entries.delete(name);
      entries.set(name, value);
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
    },
    delete: (name: string) => entries.delete(name),
    size: () => entries.size,
  };
}
