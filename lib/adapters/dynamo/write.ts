import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type ReturnValue,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Change, type Put, type Removal, toTransactItem, toUpdate } from './expression.ts';
import type { Table } from './table.ts';

/** The SDK does not repeat a conflict. 3 tries over ~0.3 s: the other writer's transaction takes milliseconds. */
const MAX_TRIES = 3;
const CONFLICT_PAUSE_MS = 50;

type Item = Record<string, AttributeValue>;

export type Updated =
  | { readonly ok: true; readonly item?: Item }
  /** `item`: what the condition met; absent when there is nothing under the key. */
  | { readonly ok: false; readonly item?: Item };

/**
 * One conditional `UpdateItem`. A resend by the SDK after a lost reply may answer a refusal for a write that took effect,
 * so it is for changes that may be made twice or whose refusal the caller can recognise as its own success.
 */
export async function update(table: Table, change: Change, returning: ReturnValue = 'NONE'): Promise<Updated> {
  const command = new UpdateItemCommand({
    TableName: table.name,
    ...toUpdate(change),
    ReturnValues: returning,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  for (let tries = 1; ; tries++) {
    try {
      const { Attributes } = await table.client.send(command);
      return Attributes ? { ok: true, item: Attributes } : { ok: true };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException)
        return error.Item ? { ok: false, item: error.Item } : { ok: false };
      if (!(error instanceof TransactionConflictException) || tries === MAX_TRIES) throw error;
      await pauseAfterConflict(table, tries);
    }
  }
}

export type Refusal = { readonly kind: 'conflict' } | { readonly kind: 'condition'; readonly item?: Item };

/** Per change of the transaction, in order: why it was refused; undefined where it would have taken effect. */
export type Transacted =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusals: readonly (Refusal | undefined)[] };

/**
 * All changes or none. The token makes every resend of the same request, the SDK's and ours, one transaction: the
 * parameters are made once and never recomputed. Conflicts are tried again and then answered as a refusal.
 */
export async function transact(
  table: Table,
  token: string,
  changes: readonly (Change | Removal | Put)[],
): Promise<Transacted> {
  const command = new TransactWriteItemsCommand({
    ClientRequestToken: token,
    TransactItems: changes.map((change) => toTransactItem(table.name, change)),
  });
  for (let tries = 1; ; tries++) {
    try {
      await table.client.send(command);
      return { ok: true };
    } catch (error) {
      const refusals = readCancellation(error, changes.length);
      if (!refusals) throw error;
      if (!refusals.some((refusal) => refusal?.kind === 'conflict') || tries === MAX_TRIES)
        return { ok: false, refusals };
      await pauseAfterConflict(table, tries);
    }
  }
}

/** Undefined: not a cancellation, or one for a reason that is no outcome (a throttle, a bad request). */
function readCancellation(error: unknown, parts: number): (Refusal | undefined)[] | undefined {
  if (error instanceof TransactionInProgressException || error instanceof TransactionConflictException) {
    return Array.from({ length: parts }, () => ({ kind: 'conflict' as const }));
  }
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reasons = error.CancellationReasons ?? [];
  const isOutcome = reasons.every(({ Code }) => OUTCOMES.has(Code ?? 'None'));
  if (reasons.length !== parts || !isOutcome) return undefined;
  return reasons.map(({ Code, Item }) => {
    if (Code === 'TransactionConflict') return { kind: 'conflict' };
    if (Code === 'ConditionalCheckFailed') return Item ? { kind: 'condition', item: Item } : { kind: 'condition' };
    return undefined;
  });
}

const OUTCOMES = new Set(['None', 'ConditionalCheckFailed', 'TransactionConflict']);

function pauseAfterConflict(table: Table, tries: number): Promise<void> {
  table.onConflict?.();
  return table.pause(CONFLICT_PAUSE_MS * 2 ** (tries - 1) * (0.5 + table.chance()));
}
