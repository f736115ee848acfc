import * as z from 'zod/mini';
import { cutLine, type LogLine, MAX_BATCH_BYTES, MAX_BATCH_LINES, WORKER_LOG_LEVELS } from '../domain/log-line.ts';
import { Rejection } from '../domain/rejection.ts';
import { text } from './fields.ts';

/** Far above what is kept of a line: it is cut, not refused. */
const message = text(MAX_BATCH_BYTES);
const Line = z.object({ level: z.enum(WORKER_LOG_LEVELS), message });

interface Fields {
  readonly level?: unknown;
  readonly message?: unknown;
  readonly logs?: unknown;
}

/** One line, or a batch. A bad line of a batch is left out; a bad single line is refused. */
export function linesOf(fields: Fields, now: number): { lines: LogLine[]; isBatch: boolean } {
  if (Array.isArray(fields.logs)) return { lines: batch(fields.logs, now), isBatch: true };
  if (fields.message === undefined || fields.level === undefined) {
    throw new Rejection('invalid_request', 'Invalid body. Expected { level, message } or { logs: [...] }');
  }
  const level = z.safeParse(z.enum(WORKER_LOG_LEVELS), fields.level);
  if (!level.success) throw new Rejection('invalid_request', 'Invalid log level. Must be: info, warn, or error');
  const parsed = z.safeParse(message, fields.message);
  if (!parsed.success) throw new Rejection('invalid_request', 'message must be text');
  return { lines: [{ timestamp: now, level: level.data, message: cutLine(parsed.data) }], isBatch: false };
}

function batch(entries: readonly unknown[], now: number): LogLine[] {
  if (entries.length > MAX_BATCH_LINES) {
    throw new Rejection('payload_too_large', `At most ${MAX_BATCH_LINES} log lines in one request`);
  }
  const lines = entries.flatMap((entry) => {
    const parsed = z.safeParse(Line, entry);
    if (!parsed.success) return [];
    return [{ timestamp: now, level: parsed.data.level, message: cutLine(parsed.data.message) }];
  });
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line.message), 0);
  if (bytes > MAX_BATCH_BYTES) {
    throw new Rejection('payload_too_large', `At most ${MAX_BATCH_BYTES} bytes of log lines in one request`);
  }
  return lines;
}
