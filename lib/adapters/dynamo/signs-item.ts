import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { SignsOfLife } from '../../domain/signs-of-life.ts';
import { type Sample, STAGES } from '../../domain/telemetry.ts';

/** For people to look at: what cannot be read of them is left out, and no reason to refuse the build's record. */
const SIGNS = { heartbeatAt: z.number(), stage: z.enum(STAGES), progress: z.number() };

/** What a heartbeat sets of them, in the write that it is anyway. An undefined value is left alone. */
export const heartbeatSigns = (now: number, progress: number | undefined, sample: Sample | undefined) => ({
  heartbeatAt: now,
  progress,
  stage: sample?.stage,
});

/** An attempt's signs are not those of the next one. */
export const SIGNS_ATTRIBUTES = Object.keys(SIGNS);

export function fromSigns(item: Record<string, AttributeValue>): SignsOfLife {
  // Of each due build that a sweep reads: not the whole record once more.
  const stored = SIGNS_ATTRIBUTES.flatMap((name) => (item[name] ? [[name, item[name]] as const] : []));
  const values = unmarshall(Object.fromEntries(stored));
  const read = Object.entries(SIGNS).map(([name, schema]) => [name, schema.safeParse(values[name]).data] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}
