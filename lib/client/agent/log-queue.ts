import type { LogEntry } from './worker-api.ts';

/** What one call may carry: a fifth of the controller's limits, so that lines arrive while they are news. */
const BATCH_LINES = 100;
const BATCH_BYTES = 64 * 1024;
/** What waits here while the controller is away. A build may go on printing; this worker's memory may not. */
const MAX_WAITING_BYTES = 4 * 1024 ** 2;

export interface LogQueue {
  add(entry: LogEntry): void;
  take(): LogEntry[];
  /** Lines that could not be delivered are counted, and the count becomes a line when there is room again. */
  drop(count: number): void;
  isEmpty(): boolean;
  hasUnmentionedDrops(): boolean;
  hasFullBatch(): boolean;
}

export function createLogQueue(): LogQueue {
  const waiting: { entry: LogEntry; bytes: number }[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  const push = (entry: LogEntry) => {
    const bytes = bytesOnTheWay(entry);
    waiting.push({ entry, bytes });
    waitingBytes += bytes;
  };
  const mentionDropped = () => {
    if (dropped === 0 || waitingBytes > MAX_WAITING_BYTES / 2) return;
    push({ level: 'warn', message: `[${dropped} log lines dropped: the controller could not take them in time]` });
    dropped = 0;
  };
  return {
    add: (entry) => {
      mentionDropped();
      if (dropped > 0 || waitingBytes >= MAX_WAITING_BYTES) dropped += 1;
      else push(entry);
    },
    take: () => {
      mentionDropped();
      let count = 0;
      for (let bytes = 0; count < Math.min(waiting.length, BATCH_LINES); count++) {
        bytes += waiting[count]?.bytes ?? 0;
        if (bytes > BATCH_BYTES && count > 0) break;
      }
      const taken = waiting.splice(0, count);
      for (const { bytes } of taken) waitingBytes -= bytes;
      return taken.map(({ entry }) => entry);
    },
    drop: (count) => {
      dropped += count;
    },
    isEmpty: () => waiting.length === 0,
    hasUnmentionedDrops: () => dropped > 0,
    hasFullBatch: () => waiting.length >= BATCH_LINES || waitingBytes >= BATCH_BYTES,
  };
}

/** As JSON, which is how it travels: control characters take six bytes there. */
function bytesOnTheWay(entry: LogEntry): number {
  return Buffer.byteLength(JSON.stringify(entry));
}
