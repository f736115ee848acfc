/**
 * Gives the value of `read` for a key again while it is younger than `freshMs`, by the time its read began. Calls that meet
 * share one read; a failure is not kept.
 */
export function rememberedEach<K, T>(
  read: (key: K) => Promise<T>,
  clock: () => number,
): (key: K, freshMs: number) => Promise<T> {
  const kept = new Map<K, { readonly value: Promise<T>; readonly at: number }>();
  return (key, freshMs) => {
    const before = kept.get(key);
    if (before && clock() - before.at < freshMs) return before.value;
    const asked = { at: clock(), value: read(key) };
    kept.set(key, asked);
    asked.value.catch(() => {
      if (kept.get(key) === asked) kept.delete(key);
    });
    return asked.value;
  };
}
