/** Gives the value of `read` again until it is `freshMs` old. Calls that meet share one read; a failure is not kept. */
export function remembered<T>(read: () => Promise<T>, freshMs: number, clock: () => number): () => Promise<T> {
  let kept: { value: Promise<T>; at: number } | undefined;
  return () => {
    if (kept && clock() - kept.at < freshMs) return kept.value;
    const value = read();
    const fresh = { value, at: clock() };
    kept = fresh;
    value.catch(() => {
      if (kept === fresh) kept = undefined;
    });
    return value;
  };
}
