import { readFileSync } from 'node:fs';
import { BatchWriteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Controller, startController } from '../support/controller.ts';
import { storedObjects } from '../support/stored-objects.ts';
import type { BuildRecord, EventRecord, Evidence, WorkerRecord } from './history.ts';
import { createNemesis, type Nemesis } from './nemesis.ts';
import { sha256Of } from './recorded-uploads.ts';
import { advance, backToPresent } from './time-travel.ts';

/** Both leases alike, so that a lost worker is missed after the same time whatever it did before. */
export const LEASE_MS = 90_000;
export const MAX_ATTEMPTS = 3;
/** A message that was given back is hidden for a minute at most, one that was not for half of it. */
export const LONGEST_HIDDEN_MS = 61_000;

interface Story {
  readonly record: BuildRecord | undefined;
  readonly events: readonly EventRecord[];
}

export interface World {
  readonly controller: Controller;
  readonly nemesis: Nemesis;
  /** No items, no messages, no sources, no results, no signing material. */
  empty(): Promise<void>;
  /** Throws away what is in the queues and not hidden. */
  clearQueues(): Promise<void>;
  isQuiet(): Promise<boolean>;
  /** What is stored of one build now. */
  storyOf(build: string): Promise<Story>;
  /** Keys of signing material, a page of them at most. */
  certs(): Promise<string[]>;
  evidence(): Promise<Omit<Evidence, 'drainedMs' | 'drainBoundMs' | 'writesByBadRequests' | 'hadFaults'>>;
  close(): Promise<void>;
}

/** The whole controller on the embedded engines, with a nemesis between it and them, and a clock that can be set. */
export async function openWorld(): Promise<World> {
  const nemesis = createNemesis();
  const seconds = String(LEASE_MS / 1000);
  const settings = { FIRST_LEASE_SECONDS: seconds, LEASE_SECONDS: seconds, MAX_ATTEMPTS: String(MAX_ATTEMPTS) };
  const controller = await startController({ viaProxy: nemesis.viaProxy, settings });
  const { stack, dynamo } = controller;
  const { region, credentials, engines, table } = stack;
  const s3 = new S3Client({ region, credentials, endpoint: engines.s3, forcePathStyle: true });
  const { sources, results, certs } = stack.buckets;

  const stored = (name: string) => storedObjects(controller.dataDir).filter(({ bucket }) => bucket === name);

  async function deleteAll(): Promise<void> {
    const keys = (await controller.items()).map(({ pk, sk }) => ({ DeleteRequest: { Key: marshall({ pk, sk }) } }));
    for (const some of chunks(keys, 25)) {
      await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [table]: some } }));
    }
    for (const Bucket of [sources, results, certs]) {
      for (const some of chunks(stored(Bucket), 1000)) {
        await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: some.map(({ key }) => ({ Key: key })) } }));
      }
    }
  }

  async function clearQueues(): Promise<void> {
    for (const queue of QUEUES) await takeMessages(controller, queue);
  }

  return {
    controller,
    nemesis,
    clearQueues,
    async empty() {
      nemesis.heal();
      // Whatever is still hidden in a queue shows itself, and leaves.
      advance(120_000);
      await clearQueues();
      await deleteAll();
    },
    async storyOf(build) {
      const key = {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: marshall({ ':pk': `BUILD#${build}` }),
      };
      const { Items = [] } = await dynamo.send(new QueryCommand({ TableName: table, ConsistentRead: true, ...key }));
      const items = Items.map((item) => unmarshall(item));
      return { record: buildsOf(items)[0], events: eventsOf(items) };
    },
    isQuiet: async () => buildsOf(await controller.items()).every(({ state }) => ENDED.includes(state)),
    certs: async () => stored(certs).map(({ key }) => key),
    async evidence() {
      advance(120_000);
      const items = await controller.items();
      const [ios, android, deadLetters] = await Promise.all(QUEUES.map((queue) => takeMessages(controller, queue)));
      const builds = buildsOf(items);
      return {
        builds,
        workers: items.filter(({ sk }) => sk === 'WORKER').map(toWorker),
        events: eventsOf(items),
        queued: [...(ios ?? []), ...(android ?? [])],
        deadLetters: deadLetters ?? [],
        sources: Object.fromEntries(stored(sources).map(({ key, path }) => [key, sha256Of(readFileSync(path))])),
        // Beside them lies what was announced of uploads in parts.
        results: stored(results).flatMap(({ key }) => (key.startsWith('results/') ? [key] : [])),
        served: await served(controller, builds),
        maxAttempts: MAX_ATTEMPTS,
      };
    },
    async close() {
      backToPresent();
      s3.destroy();
      await controller.close();
      await nemesis.close();
    },
  };
}

const QUEUES = ['ios', 'android', 'deadLetters'] as const;
const ENDED = ['completed', 'failed', 'cancelled'];

/** Whose message it is. */
export const buildNamedIn = (message: string): string | undefined => /"buildId":"([^"]+)"/.exec(message)?.[1];

/** Empties a queue; answers whose messages they were. */
async function takeMessages({ sqs, stack }: Controller, queue: (typeof QUEUES)[number]): Promise<string[]> {
  const QueueUrl = stack.queueUrls[queue];
  const found: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return found;
    found.push(...Messages.flatMap(({ Body = '' }) => buildNamedIn(Body) ?? []));
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

type Item = Awaited<ReturnType<Controller['items']>>[number];

const buildsOf = (items: readonly Item[]): BuildRecord[] =>
  items
    .filter(({ sk }) => sk === 'BUILD')
    .map((item) => ({
      id: item.id,
      state: item.state,
      platform: item.platform,
      attempt: item.attempt,
      spentAttempts: item.spentAttempts,
      workerId: item.workerId,
      isDue: item.duePartition !== undefined && item.dueAt !== undefined,
      labels: item.labels,
      isInLine: item.waitPartition !== undefined && item.rank !== undefined,
      originalBuildId: item.originalBuildId,
      sourceKey: item.sourceKey,
      sourceSha256: item.sourceSha256,
      resultKey: item.resultKey,
      resultSha256: item.resultSha256,
      failureKind: item.failureKind,
    }));

const toWorker = ({ id, currentBuildId, currentAttempt, completedBuilds, failedBuilds }: Item): WorkerRecord => ({
  id,
  currentBuildId,
  currentAttempt,
  completedBuilds,
  failedBuilds,
});

const eventsOf = (items: readonly Item[]): EventRecord[] =>
  items.flatMap((item) => (item.sk.startsWith('EVENT#') ? [toEvent(item)] : []));

const toEvent = ({ pk, type, at, attempt, by, kind, why }: Item): EventRecord => ({
  build: String(pk).slice('BUILD#'.length),
  type,
  at,
  attempt,
  by,
  kind,
  why,
});

/** What everybody gets who downloads the results now. */
async function served({ url, key }: Controller, builds: readonly BuildRecord[]): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const completed = builds.filter(({ state }) => state === 'completed');
  for (const some of chunks(completed, 16)) {
    await Promise.all(
      some.map(async ({ id }) => {
        const answer = await fetch(`${url}/api/builds/${id}/download`, { headers: key });
        const bytes = Buffer.from(await answer.arrayBuffer());
        digests[id] = answer.ok ? sha256Of(bytes) : `status ${answer.status}`;
      }),
    );
  }
  return digests;
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
