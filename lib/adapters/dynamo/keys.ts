import type { Build, Platform } from '../../domain/build.ts';
import type { ItemKey } from './expression.ts';
import type { Kept } from './table.ts';

export const buildKey = (id: string): ItemKey => ({ pk: `BUILD#${id}`, sk: 'BUILD' });
export const workerKey = (id: string): ItemKey => ({ pk: `WORKER#${id}`, sk: 'WORKER' });
export const apiKeyKey = (id: string): ItemKey => ({ pk: 'KEYS', sk: `KEY#${id}` });
export const pausesKey = (platform: Platform): ItemKey => ({ pk: 'QUEUES', sk: `QUEUE#${platform}` });
export const totalsKey: ItemKey = { pk: 'STATS', sk: 'TOTALS' };

/** 8 digits keep the order of the text that of the number up to a hundred million batches. */
export const logKey = (buildId: string, sequence: number): ItemKey => ({
  pk: `BUILD#${buildId}`,
  sk: `LOG#${String(sequence).padStart(8, '0')}`,
});

/** A batch each: 1,024 calls is what the newest part of a log can be made of. */
export const TAIL_SLOTS = 1024;
export const tailKey = (buildId: string, slot: number): ItemKey => ({
  pk: `BUILD#${buildId}`,
  sk: `TAIL#${String(slot).padStart(4, '0')}`,
});

/** An attempt's events have keys of their own kind: written again by a resend, an event is the same event. */
export const eventKey = (buildId: string, attempt: number, type: string): ItemKey => ({
  pk: `BUILD#${buildId}`,
  sk: `EVENT#${String(attempt).padStart(5, '0')}#${type}`,
});

/** Each object of signing material has its own mark, the object's name within the build in its key. */
export const certsMarkKey = (buildId: string, name: string): ItemKey => ({
  pk: `BUILD#${buildId}`,
  sk: `CERTS#${name}`,
});

/** In the order of time; the id keeps two of one millisecond apart. */
export const diagnosticsKey = (workerId: string, at: number, id: string): ItemKey => ({
  pk: `WORKER#${workerId}`,
  sk: `DIAGNOSTICS#${listedAt(at, id)}`,
});

/** 9 digits of minutes keep the text's order that of time for some millennia. */
export const metricKey = (buildId: string, minute: number): ItemKey => ({
  pk: `BUILD#${buildId}`,
  sk: `METRIC#${String(minute).padStart(9, '0')}`,
});

/** One shard each now; the number is in the key from the first day, so that more need no new index. */
export const duePartition = (kind: 'pending' | 'leased' | 'certs') => `due#${kind}#0`;
export const listPartition = (kind: 'builds' | 'workers') => `${kind}#0`;

/** Where a build waits that asked for something: under its platform and the first of its labels. Undefined: for nothing. */
export const waitPartition = (platform: Platform, label = '') => `${platform}#${label}`;
export function waitPartitionOf({ platform, labels, rank }: Build): string | undefined {
  return rank === undefined ? undefined : waitPartition(platform, labels?.[0]);
}

/** 13 digits of ms keep the text's order that of time until the year 2286; the id makes it unique. */
export const listedAt = (ms: number, id: string) => `${String(ms).padStart(13, '0')}#${id}`;

const DAY_MS = 86_400_000;
export const finishedDay = (ms: number) => String(Math.floor(ms / DAY_MS));

/** DynamoDB wants seconds. */
export const expiresAt = (ms: number, days: number) => Math.floor((ms + days * DAY_MS) / 1000);

/** When the record of something that was then leaves. Throws for a function that was not told: it would keep what it writes for ever. */
export function recordExpiresAt({ recordDays }: Kept, ms: number): number {
  if (recordDays === undefined) throw new Error('a function that writes records must declare RECORD_DAYS');
  return expiresAt(ms, recordDays);
}
