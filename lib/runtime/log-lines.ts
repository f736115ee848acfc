import * as z from 'zod/mini';
import { cutLine, type LogLine, WORKER_LOG_LEVELS } from '../domain/log-line.ts';
import { maskSecrets, privateKeyMask } from '../domain/mask-secrets.ts';
import { Rejection } from '../domain/rejection.ts';
import { text } from './fields.ts';

/** More than is kept of a line, so that no secret is cut in two before it is masked. */
const lineSchema = (lineCharacters: number) =>
  z.object({ level: z.enum(WORKER_LOG_LEVELS), message: text(lineCharacters + 8_192) });
type Line = z.output<ReturnType<typeof lineSchema>>;

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
  lineCharacters: number,
): { lines: LogLine[]; isBatch: boolean } {
  const schema = lineSchema(lineCharacters);
  const maskKeys = privateKeyMask();
  const toLine = ({ level, message: raw }: Line): LogLine => ({
    timestamp: now,
    level,
    message: cutLine(maskSecrets(maskKeys(raw), knownSecrets), lineCharacters),
  });
  if (!Array.isArray(fields.logs)) return { lines: [toLine(single(fields, schema))], isBatch: false };
  const lines = fields.logs.flatMap((entry) => {
    const parsed = z.safeParse(schema, entry);
    return parsed.success ? [toLine(parsed.data)] : [];
  });
  return { lines, isBatch: true };
}

function single({ level, message }: Fields, schema: ReturnType<typeof lineSchema>): Line {
  if (message === undefined || level === undefined) {
    throw new Rejection('invalid_request', 'Invalid body. Expected { level, message } or { logs: [...] }');
  }
  if (!z.safeParse(z.enum(WORKER_LOG_LEVELS), level).success) {
    throw new Rejection('invalid_request', 'Invalid log level. Must be: info, warn, or error');
  }
  const parsed = z.safeParse(schema, { level, message });
  if (!parsed.success) throw new Rejection('invalid_request', 'message must be text');
  return parsed.data;
}
