import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { WorkerStore } from '../../app/ports.ts';
import { PLATFORMS } from '../../domain/build.ts';
import {
  OUTCOMES,
  replacedToken,
  type TimedBuilds,
  timedOf,
  WORKER_TOKEN_MS,
  type Worker,
} from '../../domain/worker.ts';
import { exists, is, isAbsent, toDelete } from './expression.ts';
import { listedAt, listPartition, recordExpiresAt, workerKey } from './keys.ts';
import type { Kept, Table } from './table.ts';
import { update } from './write.ts';

const count = z.number().check(z.int(), z.nonnegative());
const WorkerItem = z.object({
  id: z.string().check(z.minLength(1)),
  name: z.string(),
  platforms: z.array(z.enum(PLATFORMS)),
  labels: z.optional(z.array(z.string())),
  epoch: count,
  registeredAt: count,
  lastSeenAt: count,
  tokenHash: z.string(),
  tokenExpiresAt: count,
  previousTokenHash: z.optional(z.string()),
  previousTokenExpiresAt: z.optional(count),
  currentBuildId: z.optional(z.string()),
  currentAttempt: z.optional(count),
  releasedAt: z.optional(count),
  grantedAt: z.optional(count),
  lastOutcome: z.optional(z.enum(OUTCOMES)),
  strikes: z._default(count, 0),
  isDraining: z._default(z.boolean(), false),
  completedBuilds: count,
  failedBuilds: count,
  timedBuilds: z.optional(count),
  timedMs: z.optional(count),
});

/** The workers in the table. A worker that never comes back leaves as other records do (time to live). */
export function workerStore(table: Table): WorkerStore {
  const { client, name: tableName } = table;
  return {
    get: async (id) => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: marshall(workerKey(id)), ConsistentRead: true }),
      );
      return Item && fromWorkerItem(Item);
    },
    create: async (worker) => {
      // Unconditional: the id is freshly drawn from 126 random bits, and a resend writes the same again.
      const Item = marshall(toWorkerItem(table, worker), { removeUndefinedValues: true });
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
    renew: async (seen, { name, platforms, labels, token, now }) => {
      const previous = replacedToken(seen, now);
      const outcome = await update(table, {
        key: workerKey(seen.id),
        set: {
          name,
          platforms: [...platforms],
          labels: labels && [...labels],
          epoch: seen.epoch + 1,
          registeredAt: now,
          lastSeenAt: now,
          tokenHash: token.hash,
          tokenExpiresAt: token.expiresAt,
          previousTokenHash: previous.hash,
          previousTokenExpiresAt: previous.expiresAt,
          expiresAt: recordExpiresAt(table, now),
          strikes: 0,
          isDraining: false,
          ...timedAttributes(timedOf(seen)),
        },
        // A fresh start: what ended badly before is forgiven.
        remove: ['lastOutcome', ...(labels ? [] : ['labels'])],
        when: [is('epoch', seen.epoch)],
      });
      // A refusal may be the SDK's resend meeting our own first one: its token tells.
      return outcome.ok || outcome.item?.['tokenHash']?.S === token.hash;
    },
    noteSeen: async (worker, now) => {
      const set = { lastSeenAt: now, tokenExpiresAt: now + WORKER_TOKEN_MS, expiresAt: recordExpiresAt(table, now) };
      await update(table, { key: workerKey(worker.id), set, when: [is('epoch', worker.epoch)] });
    },
    setDraining: async (id, isDraining) =>
      (await update(table, { key: workerKey(id), set: { isDraining }, when: [exists('pk')] })).ok,
    pardon: async ({ id, epoch, releasedAt }) => {
      const when = [
        is('epoch', epoch),
        releasedAt === undefined ? isAbsent('releasedAt') : is('releasedAt', releasedAt),
      ];
      return (await update(table, { key: workerKey(id), set: { strikes: 0 }, remove: ['lastOutcome'], when })).ok;
    },
    remove: async ({ id, epoch }) => {
      const condition = toDelete({ key: workerKey(id), when: [is('epoch', epoch), isAbsent('currentBuildId')] });
      try {
        await client.send(new DeleteItemCommand({ TableName: tableName, ...condition }));
      } catch (error) {
        // Registered again, or given a build, in between: then it has not left.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
    forget: async (worker) => {
      if (!worker.current) return;
      const { buildId, attempt } = worker.current;
      await update(table, {
        key: workerKey(worker.id),
        remove: ['currentBuildId', 'currentAttempt'],
        when: [is('currentBuildId', buildId), is('currentAttempt', attempt)],
      });
    },
  };
}

export function fromWorkerItem(item: Record<string, AttributeValue>): Worker {
  const { currentBuildId, currentAttempt, previousTokenHash, previousTokenExpiresAt, ...optional } = WorkerItem.parse(
    unmarshall(item),
  );
  const { releasedAt, grantedAt, lastOutcome, labels, timedBuilds, timedMs, ...data } = optional;
  const { tokenHash, tokenExpiresAt, ...worker } = data;
  return {
    ...worker,
    token: { hash: tokenHash, expiresAt: tokenExpiresAt },
    ...(previousTokenHash !== undefined && {
      previousToken: { hash: previousTokenHash, expiresAt: previousTokenExpiresAt ?? 0 },
    }),
    ...(currentBuildId !== undefined && { current: { buildId: currentBuildId, attempt: currentAttempt ?? 0 } }),
    ...(releasedAt !== undefined && { releasedAt }),
    ...(grantedAt !== undefined && { grantedAt }),
    ...(lastOutcome !== undefined && { lastOutcome }),
    ...(labels && { labels }),
    ...(timedBuilds !== undefined && { timed: { builds: timedBuilds, ms: timedMs ?? 0 } }),
  };
}

/** Of nothing there is nothing to write. */
export const timedAttributes = ({ builds, ms }: TimedBuilds) =>
  builds > 0 ? { timedBuilds: builds, timedMs: ms } : {};

export function toWorkerItem(kept: Kept, worker: Worker) {
  const { token, previousToken, current, platforms, labels, timed, ...data } = worker;
  return {
    ...workerKey(worker.id),
    ...data,
    platforms: [...platforms],
    labels: labels && [...labels],
    ...(timed && timedAttributes(timed)),
    tokenHash: token.hash,
    tokenExpiresAt: token.expiresAt,
    previousTokenHash: previousToken?.hash,
    previousTokenExpiresAt: previousToken?.expiresAt,
    currentBuildId: current?.buildId,
    currentAttempt: current?.attempt,
    listPartition: listPartition('workers'),
    listedAt: listedAt(worker.registeredAt, worker.id),
    expiresAt: recordExpiresAt(kept, worker.lastSeenAt),
  };
}
