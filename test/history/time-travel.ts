/**
 * The functions and the queue run in this process and ask `Date.now`, so both can be set ahead: leases end and hidden
 * messages come back without anybody waiting. The clock never goes back; presigned URLs and signatures, which ask for
 * `new Date`, go on living in the present, and the table knows no time.
 */
const wallClock = Date.now;
let aheadMs = 0;

/** Sets the controller's clock ahead. */
export function advance(ms: number): void {
  aheadMs += ms;
  Date.now = () => wallClock() + aheadMs;
}

export function backToPresent(): void {
  aheadMs = 0;
  Date.now = wallClock;
}
