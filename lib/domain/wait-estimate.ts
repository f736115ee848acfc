/** A worker that could build it: free, or with a build that was given to it so long ago. */
export interface PossibleWorker {
  readonly busyForMs?: number;
}

/** Fewer builds say too little of how long the next one takes. */
const LEAST_SEEN = 5;

/** How long builds take, by those that have ended: half take longer. Undefined when too few have. */
export function typicalMs(durationsMs: readonly number[]): number | undefined {
  if (durationsMs.length < LEAST_SEEN) return undefined;
  return [...durationsMs].sort((a, b) => a - b)[Math.floor(durationsMs.length / 2)];
}

/**
 * After which time a worker is free for who has so many before them, if every build takes as long as is usual. Undefined:
 * there is no worker.
 */
export function startsInMs(ahead: number, workers: readonly PossibleWorker[], usualMs: number): number | undefined {
  // One that is late ends at any moment.
  const freeInMs = workers.map(({ busyForMs }) => (busyForMs === undefined ? 0 : Math.max(0, usualMs - busyForMs)));
  let [first, ...later] = freeInMs.sort((a, b) => a - b);
  for (let place = 0; first !== undefined && place < ahead; place++) {
    [first, ...later] = [...later, first + usualMs].sort((a, b) => a - b);
  }
  return first;
}
