import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { LOG_LEVELS, type LogLine } from '../../domain/log-line.ts';
import { Rejection } from '../../domain/rejection.ts';
import type { Put } from './expression.ts';
import { logKey, recordExpiresAt, TAIL_SLOTS, tailKey } from './keys.ts';
import type { Kept } from './table.ts';

/** The place of a batch in its build's log: which one it is, and where it begins, in bytes of the whole. */
export interface Place {
  readonly sequence: number;
  readonly startsAt: number;
  readonly bytes: number;
}

export interface Batch extends Place {
  readonly storedAt: number;
  readonly lines: readonly LogLine[];
}

const LogItem = z.object({
  sequence: z.number(),
  startsAt: z.number(),
  bytes: z.number(),
  storedAt: z.number(),
  lines: z.array(z.object({ t: z.number(), l: z.enum(LOG_LEVELS), m: z.string() })),
});

/** A batch that begins within the beginning belongs to it as a whole. */
const isInHead = ({ startsAt }: Place, headBytes: number) => startsAt <= headBytes;

/** True of one batch of a log at most. What follows it is the newest part. */
export const endsHead = (place: Place, headBytes: number) =>
  isInHead(place, headBytes) && place.startsAt + place.bytes > headBytes;

/** The newest part is a ring: a batch takes the place of the one that came `TAIL_SLOTS` before, and nothing is deleted. */
export function toLogItem(kept: Kept, buildId: string, { lines, ...batch }: Batch, headBytes: number): Put['item'] {
  const key = isInHead(batch, headBytes)
    ? logKey(buildId, batch.sequence)
    : tailKey(buildId, batch.sequence % TAIL_SLOTS);
  const stored = lines.map(({ timestamp, level, message }) => ({ t: timestamp, l: level, m: message }));
  return { ...key, ...batch, lines: stored, expiresAt: recordExpiresAt(kept, batch.storedAt) };
}

export function fromLogItem(item: Record<string, AttributeValue>): Batch {
  const parsed = z.safeParse(LogItem, unmarshall(item));
  if (!parsed.success) {
    throw new Rejection('unavailable', `The log ${item['pk']?.S} is unreadable`, { cause: parsed.error });
  }
  const { lines, ...batch } = parsed.data;
  return { ...batch, lines: lines.map(({ t, l, m }) => ({ timestamp: t, level: l, message: m })) };
}
