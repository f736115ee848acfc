import type { LogEntry } from './worker-api.ts';

/** What one call may carry: a part of the controller's limits, so that lines arrive while they are news. */
const BATCH_LINES = 100;
const BATCH_BYTES = 64 * 1024;
/** When more waits than a call carries, news is what comes last: as much as the controller stores in one piece (256 KB). */
const LARGE_BATCH_LINES = 4_000;
const LARGE_BATCH_BYTES = 240 * 1024;
/** From here on the build has to wait with its output, until half of it is gone. */
const FULL_BYTES = 1024 ** 2;
/** The last net, for lines of our own: a build is slowed long before. */
const MAX_WAITING_BYTES = 4 * 1024 ** 2;

export interface LogQueue {
  add(entry: LogEntry): void;
  take(): LogEntry[];
  /** Lines that could not be delivered are counted, and the count becomes a line when there is room again. */
  drop(count: number): void;
  isEmpty(): boolean;
  hasUnmentionedDrops(): boolean;
  hasFullBatch(): boolean;
  isFull(): boolean;
  hasRoom(): boolean;
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
      const isBehind = waitingBytes > 2 * BATCH_BYTES;
      const maxBytes = isBehind ? LARGE_BATCH_BYTES : BATCH_BYTES;
      const maxLines = Math.min(waiting.length, isBehind ? LARGE_BATCH_LINES : BATCH_LINES);
      let count = 0;
      for (let bytes = 0; count < maxLines; count++) {
        bytes += waiting[count]?.bytes ?? 0;
        if (bytes > maxBytes && count > 0) break;
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
    isFull: () => waitingBytes >= FULL_BYTES,
    hasRoom: () => waitingBytes < FULL_BYTES / 2,
  };
}

/** As the controller counts and stores a line: its message as JSON, where control characters take six bytes, and a time. */
const BYTES_AROUND_A_MESSAGE = 55;

function bytesOnTheWay({ message }: LogEntry): number {
  return Buffer.byteLength(JSON.stringify(message)) + BYTES_AROUND_A_MESSAGE;
}
