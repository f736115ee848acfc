import * as z from 'zod/mini';
import { cutLine, type LogLine, MAX_LINE_CHARACTERS, WORKER_LOG_LEVELS } from '../domain/log-line.ts';
import { maskSecrets, privateKeyMask } from '../domain/mask-secrets.ts';
import { Rejection } from '../domain/rejection.ts';
import { text } from './fields.ts';

/** More than is kept of a line, so that no secret is cut in two before it is masked. */
const message = text(MAX_LINE_CHARACTERS + 8_192);
const Line = z.object({ level: z.enum(WORKER_LOG_LEVELS), message });

interface Fields {
  readonly level?: unknown;
  readonly message?: unknown;
  readonly logs?: unknown;
}

/**
 * One line, or a batch, as they are stored: secrets masked, over-long lines cut. A bad line of a batch is left out; a bad
 * single line is refused.
 */
export function linesOf(
  fields: Fields,
  now: number,
  knownSecrets: readonly string[],
): { lines: LogLine[]; isBatch: boolean } {
  const maskKeys = privateKeyMask();
  const toLine = ({ level, message: raw }: z.output<typeof Line>): LogLine => ({
    timestamp: now,
    level,
    message: cutLine(maskSecrets(maskKeys(raw), knownSecrets)),
  });
  if (!Array.isArray(fields.logs)) return { lines: [toLine(single(fields))], isBatch: false };
  const lines = fields.logs.flatMap((entry) => {
    const parsed = z.safeParse(Line, entry);
    return parsed.success ? [toLine(parsed.data)] : [];
  });
  return { lines, isBatch: true };
}

function single(fields: Fields): z.output<typeof Line> {
  if (fields.message === undefined || fields.level === undefined) {
    throw new Rejection('invalid_request', 'Invalid body. Expected { level, message } or { logs: [...] }');
  }
  const level = z.safeParse(z.enum(WORKER_LOG_LEVELS), fields.level);
  if (!level.success) throw new Rejection('invalid_request', 'Invalid log level. Must be: info, warn, or error');
  const parsed = z.safeParse(message, fields.message);
  if (!parsed.success) throw new Rejection('invalid_request', 'message must be text');
  return { level: level.data, message: parsed.data };
}
