/** When each worker acts next: a heap of times, one for each worker. */
export function createAgenda(capacity: number) {
  const times = new Float64Array(capacity);
  const owners = new Int32Array(capacity);
  let size = 0;

  function swap(a: number, b: number): void {
    const [time = 0, owner = 0] = [times[a], owners[a]];
    times[a] = times[b] ?? 0;
    owners[a] = owners[b] ?? 0;
    times[b] = time;
    owners[b] = owner;
  }
  const at = (index: number) => times[index] ?? Number.POSITIVE_INFINITY;

  return {
    add(time: number, owner: number): void {
      times[size] = time;
      owners[size] = owner;
      let child = size++;
      while (child > 0) {
        const parent = (child - 1) >> 1;
        if (at(parent) <= at(child)) return;
        swap(parent, child);
        child = parent;
      }
    },
    nextAt: () => (size > 0 ? at(0) : Number.POSITIVE_INFINITY),
    /** Whose turn it is; there must be one. */
    take(): number {
      const owner = owners[0] ?? 0;
      size -= 1;
      swap(0, size);
      for (let parent = 0; ; ) {
        const left = 2 * parent + 1;
        const smaller = left + 1 < size && at(left + 1) < at(left) ? left + 1 : left;
        if (smaller >= size || at(parent) <= at(smaller)) return owner;
        swap(parent, smaller);
        parent = smaller;
      }
    },
  };
}
