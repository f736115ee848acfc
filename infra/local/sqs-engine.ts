import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BuildAppOptions, buildApp } from 'fauxqs';
import type { Credentials } from './credentials.ts';
import type { Engine } from './dynamodb-engine.ts';
import { isOurs } from './signed-request.ts';

type Stores = NonNullable<BuildAppOptions['stores']>;

/** The parts of fauxqs 2.4.1 that its package does not export; see `startSqs`. */
interface Persistence {
  readonly db: { exec(sql: string): void };
  loadSqsAndSns(sqs: Stores['sqsStore'], sns: Stores['snsStore']): void;
  close(): void;
}

/** Ten messages of 1 MiB are one request at most. */
const MAX_BODY_BYTES = 2 * 1024 ** 2;

/**
 * fauxqs with its queues in SQLite. Its own `startFauxqs` listens on every interface, and whoever reaches an SQS emulator
 * may read and write it: so this builds the same server from the same parts, listens on the loopback only, and serves
 * whoever signs with our key.
 */
export async function startSqs(dataDir: string, credentials: Credentials): Promise<Engine> {
  mkdirSync(dataDir, { recursive: true });
  const { stores, persistence } = await openStores(dataDir);
  const app = buildApp({ logger: false, stores });
  app.addHook('preParsing', async (request, reply, payload) => {
    const { method = '', url = '', headers } = request.raw;
    if (Number(headers['content-length']) <= MAX_BODY_BYTES) {
      const body = await buffer(payload);
      const sha256 = createHash('sha256').update(body).digest('hex');
      if (isOurs({ method, url, headers }, credentials, sha256)) return Readable.from([body]);
    }
    return reply.code(403).send({ __type: 'com.amazon.coral.service#AccessDeniedException', message: 'Access denied' });
  });
  app.addHook('preClose', async () => persistence.close());
  try {
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    return { address, stop: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function openStores(dataDir: string): Promise<{ stores: Stores; persistence: Persistence }> {
  const part = async (path: string) => import(new URL(path, import.meta.resolve('fauxqs')).href);
  const [sqs, sns, s3, database] = await Promise.all([
    part('./sqs/sqsStore.js'),
    part('./sns/snsStore.js'),
    part('./s3/s3Store.js'),
    part('./persistence.js'),
  ]);
  const stores: Stores = { sqsStore: new sqs.SqsStore(), snsStore: new sns.SnsStore(), s3Store: new s3.S3Store() };
  const persistence = new database.PersistenceManager(dataDir);
  // Survives the death of the process; a power cut may cost the last messages, and the sweep sends those again.
  persistence.db.exec('PRAGMA synchronous = NORMAL');
  // Its own sets columns to NULL that must not be: a message made visible at once would be lost to this process.
  const ready = persistence.db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  persistence.updateMessageReady = (messageId: string) => {
    ready.run(messageId);
  };
  // Loaded before the stores know it: a load that wrote through would replace each queue and cascade over its messages.
  persistence.loadSqsAndSns(stores.sqsStore, stores.snsStore);
  stores.sqsStore.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;
  // Queue URLs then carry the address that was asked, and not a host name that resolves nowhere.
  stores.sqsStore.host = '';
  return { stores, persistence };
}
