import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Beat, Beaten, BuildStore, Grant } from '../../app/ports.ts';
import { assignmentFailed } from '../../domain/assignment.ts';
import { type Build, TERMINAL_STATES } from '../../domain/build.ts';
import { BY_CONTROLLER } from '../../domain/build-event.ts';
import { firstDueAt } from '../../domain/due.ts';
import type { Failure } from '../../domain/failure.ts';
import { Rejection } from '../../domain/rejection.ts';
import type { Sample } from '../../domain/telemetry.ts';
import { ALLOWED_FROM, type LifeClaim } from '../../domain/transitions.ts';
import { assign } from './assign-transaction.ts';
import { allowedFrom, ending, failureDetails, heldBy, stillAt } from './build-changes.ts';
import { fromBuildItem, toBuildItem } from './build-item.ts';
import * as transactions from './end-transactions.ts';
import { type EventDraft, eventPut, readEvents } from './event-item.ts';
import { type Change, type Condition, exists, is, isBelow, isNoneOf } from './expression.ts';
import { buildKey, duePartition, waitPartitionOf } from './keys.ts';
import { counted, isFirstOfMinute } from './metrics-store.ts';
import { heartbeatSigns } from './signs-item.ts';
import type { Table } from './table.ts';
import { vmWrites } from './vm-writes.ts';
import { transact, type Updated, update } from './write.ts';

/** Several tokens are good at once only after repeated submits; more repeats than this are no lost answers. */
const MAX_TOKENS = 10;

/** The builds in the table. `newToken` makes the request tokens of transactions (at most 30 characters). */
export function buildStore(table: Table, newToken: () => string): BuildStore {
  return {
    get: (id) => get(table, id),
    create: (build) => create(table, build),
    addToken: (build, tokenHash) => addToken(table, build, tokenHash),
    markSent: async (build, sends, dueAt) => {
      await update(table, {
        key: buildKey(build.id),
        set: { sends, dueAt },
        when: stillAt('assign', build),
      });
    },
    assign: (grant: Grant) => assign(table, grant),
    ...vmWrites(table),
    heartbeat: (buildId, claim, beat) => heartbeat(table, buildId, claim, beat),
    extendLease: async (build, leaseUntil) => {
      const when = [...stillAt('requeue', build), isBelow('leaseUntil', leaseUntil)];
      await update(table, { key: buildKey(build.id), set: { leaseUntil }, when });
    },
    measure: (buildId, workerId, sample) => measure(table, buildId, workerId, sample),
    finish: (buildId, claim, end, now) => transactions.finish(table, newToken(), buildId, claim, end, now),
    cancel: (seen, now, by) => transactions.cancel(table, newToken(), seen, now, by),
    expire: (seen, failure, now) => transactions.expire(table, newToken(), seen, failure, now),
    giveBack: (seen, next, now, worker, by) => transactions.giveBack(table, newToken(), seen, next, now, worker, by),
    requeue: async (seen, next, now) => (await transactions.requeue(table, newToken(), seen, next, now)).ok,
    reject: (build, failure, now) => reject(table, newToken(), build, failure, now),
    rejectUnreadable: (id, now) => rejectUnreadable(table, newToken, id, now),
    noteCertsRead: ({ id, attempt }, by, at) => putEvent(table, id, { type: 'certs_read', at, attempt, by }),
    events: (build) => readEvents(table, build),
  };
}

async function get({ client, name }: Table, id: string): Promise<Build | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: name, Key: marshall(buildKey(id)), ConsistentRead: true }),
  );
  return Item && fromBuildItem(Item);
}

async function create({ client, name }: Table, build: Build): Promise<boolean> {
  const due = { duePartition: duePartition('pending'), dueAt: firstDueAt(build) };
  const item = { ...toBuildItem(build), ...due, waitPartition: waitPartitionOf(build) };
  try {
    await client.send(
      new PutItemCommand({
        TableName: name,
        Item: marshall(item, { removeUndefinedValues: true }),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // The SDK sends again when an answer is lost: what it then meets is our own record, known by its token.
    const [ownHash] = build.tokenHashes;
    return error.Item !== undefined && fromBuildItem(error.Item).tokenHashes[0] === ownHash;
  }
}

/** 3 tries: each loses only to another repeat of the same submit. */
const MAX_TRIES = 3;

async function addToken(table: Table, build: Build, tokenHash: string): Promise<void> {
  let seen: Build | undefined = build;
  for (let tries = 0; seen && tries < MAX_TRIES; tries++) {
    const [first = tokenHash, ...others] = seen.tokenHashes;
    const tokenHashes = [first, ...others.slice(2 - MAX_TOKENS), tokenHash];
    const outcome = await update(table, {
      key: buildKey(build.id),
      set: { tokenHashes },
      when: [is('tokenHashes', [...seen.tokenHashes])],
    });
    if (outcome.ok) return;
    seen = outcome.item && fromBuildItem(outcome.item);
    if (seen?.tokenHashes.includes(tokenHash)) return;
  }
  throw new Rejection('contended', 'This build is being submitted many times at once; try again');
}

/** One write, and no transaction: it is the most frequent call of all. */
async function heartbeat(table: Table, buildId: string, claim: LifeClaim, beat: Beat): Promise<Beaten> {
  const { now, leaseUntil, rebindTo, progress, sample } = beat;
  const { set, ...count } = counted(sample);
  const change: Change = {
    key: buildKey(buildId),
    set: { state: 'building', leaseUntil, workerTokenHash: rebindTo, ...heartbeatSigns(now, progress, sample), ...set },
    ...count,
    setOnce: { buildingSince: now },
    when: [allowedFrom('heartbeat'), ...heldBy(claim)],
  };
  if (progress === undefined && !sample) return appliedOf(await update(table, change));
  // What it was before comes with the same write: of two that bring the same, one brings news.
  const outcome = await update(table, change, 'UPDATED_OLD');
  if (!outcome.ok) return appliedOf(outcome);
  const isProgressNew = progress !== undefined && outcome.item?.['progress']?.N !== String(progress);
  return { ok: true, isProgressNew, isSampleDue: sample !== undefined && isFirstOfMinute(sample, outcome.item) };
}

async function measure(table: Table, buildId: string, workerId: string, sample: Sample): Promise<boolean> {
  const when = [allowedFrom('heartbeat'), is('workerId', workerId)];
  const outcome = await update(table, { key: buildKey(buildId), ...counted(sample), when }, 'UPDATED_OLD');
  return outcome.ok && isFirstOfMinute(sample, outcome.item);
}

function appliedOf(outcome: Updated): Beaten {
  return outcome.ok ? { ok: true } : { ok: false, current: outcome.item && fromBuildItem(outcome.item) };
}

async function putEvent(table: Table, buildId: string, event: EventDraft): Promise<void> {
  const { client, name } = table;
  const { item } = eventPut(table, buildId, event);
  await client.send(new PutItemCommand({ TableName: name, Item: marshall(item, { removeUndefinedValues: true }) }));
}

/** A pending build fails for good. */
async function reject(
  table: Table,
  token: string,
  build: Pick<Build, 'id' | 'attempt'>,
  failure: Failure,
  now: number,
): Promise<boolean> {
  const { id, attempt } = build;
  return endWaiting(table, token, id, attempt, failure, now, stillAt('reject', build));
}

/**
 * An unreadable record may lack whatever one would compare, so only what must be so is asked: that it is there and has
 * not ended, and that nobody has a right to it. Its worker, if it has one, learns of it at its next call.
 */
async function rejectUnreadable(table: Table, newToken: () => string, id: string, now: number): Promise<boolean> {
  const failure = { kind: 'unreadable', message: assignmentFailed('unreadable') } as const;
  const end = (when: readonly Condition[]) => endWaiting(table, newToken(), id, 0, failure, now, when);
  const waiting = [exists('pk'), isNoneOf('state', [...ALLOWED_FROM.requeue, ...TERMINAL_STATES])];
  // Only what is held has a lease.
  return (await end(waiting)) || end([isBelow('leaseUntil', now)]);
}

async function endWaiting(
  table: Table,
  token: string,
  id: string,
  attempt: number,
  failure: Failure,
  now: number,
  when: readonly Condition[],
): Promise<boolean> {
  const { kind, message: why } = failure;
  const event = eventPut(table, id, { type: 'failed', at: now, attempt, by: BY_CONTROLLER, kind, why });
  const outcome = await transact(table, token, [
    ending(table, id, 'failed', now, failureDetails(failure), when),
    event,
  ]);
  // “It moved on” would be untrue of a conflict: the caller would delete the message of a build that waits.
  if (!outcome.ok && outcome.refusals[0]?.kind !== 'condition') {
    throw new Rejection('contended', 'The build is being changed by others; try again');
  }
  return outcome.ok;
}
