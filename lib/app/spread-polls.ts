import type { Platform } from '../domain/build.ts';
import { nextPollMs, type Worker } from '../domain/worker.ts';

/** How long a worker is to wait for its next poll, in ms. `chance`: a number in [0, 1). */
export type Pace = (worker: Worker, now: number, chance: number) => number;

/** Of so many moments within the jitter one is chosen. */
const CANDIDATES = 12;
/** Of one platform. A larger fleet polls so densely that little is won. */
const MAX_KNOWN = 50;
/** Who is later than this has gone, or asks elsewhere. */
const LATE_MS = 5_000;

interface Expected {
  readonly at: number;
  readonly platforms: Worker['platforms'];
}

/**
 * The pace of `nextPollMs` by what is known of the others, and spread: within its jitter each worker is told to come when the
 * others of its platforms are the furthest from coming. A build then waits less for the same number of polls than by chance
 * alone, which leaves gaps and heaps.
 *
 * It knows who has polled here, and keeps that to itself. One environment answers most polls of a small fleet; of what others
 * answer it knows nothing but what the workers' records say, and where it knows nobody the pace is that of a lone worker. No
 * promise rests on it.
 */
export function spreadPolls(rule = nextPollMs): Pace {
  const expected = new Map<string, Expected>();
  /** When a worker of the platform last came back from a build. */
  const releasedAt = new Map<Platform, number>();
  return (worker, now, chance) => {
    const { id, platforms } = worker;
    for (const platform of platforms) {
      releasedAt.set(platform, Math.max(releasedAt.get(platform) ?? 0, worker.releasedAt ?? 0));
    }
    for (const [other, { at }] of expected) if (at < now - LATE_MS) expected.delete(other);
    expected.delete(id);
    const others: number[] = [];
    for (const other of expected.values()) {
      if (other.platforms.some((each) => platforms.includes(each))) others.push(other.at);
    }
    const fleet = {
      size: others.length + 1,
      releasedAt: Math.max(0, ...platforms.map((platform) => releasedAt.get(platform) ?? 0)),
    };
    const pauseOf = (at: number) => rule(worker, now, at, fleet);
    if (others.length >= MAX_KNOWN) return pauseOf(chance);
    const ms = furthest(others, now, pauseOf, chance);
    expected.set(id, { at: now + ms, platforms });
    return ms;
  };
}

/** The pause that ends furthest from any of the others' times; by chance alone where there is none. */
function furthest(others: readonly number[], now: number, pauseOf: (chance: number) => number, chance: number): number {
  if (others.length === 0) return pauseOf(chance);
  let best = { ms: 0, gap: -1 };
  for (let place = 0; place < CANDIDATES; place++) {
    const ms = pauseOf((place + chance) / CANDIDATES);
    let gap = Number.POSITIVE_INFINITY;
    for (const at of others) gap = Math.min(gap, Math.abs(now + ms - at));
    if (gap > best.gap) best = { ms, gap };
  }
  return best.ms;
}
