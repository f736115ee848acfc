/**
 * The functions and the queue run in this process and ask `Date.now`, so both can be set ahead: leases end and hidden
 * messages come back without anybody waiting. The clock never goes back; presigned URLs and signatures, which ask for
 * `new Date`, go on living in the present, and the table knows no time.
 */
const wallClock = Date.now;
let aheadMs = 0;
let standsAt: number | undefined;
const now = () => standsAt ?? wallClock() + aheadMs;

/** Sets the controller's clock ahead. */
export function advance(ms: number): void {
  aheadMs += ms;
  Date.now = now;
}

/** The controller's clock stands while something runs: how much a poll does in its two seconds is not up to the machine. */
export async function whileClockStands<T>(act: () => Promise<T>): Promise<T> {
  standsAt = Date.now();
  Date.now = now;
  try {
    return await act();
  } finally {
    standsAt = undefined;
  }
}

export function backToPresent(): void {
  aheadMs = 0;
  Date.now = wallClock;
}
