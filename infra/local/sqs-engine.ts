import { mkdirSync } from 'node:fs';
import { type BuildAppOptions, buildApp } from 'fauxqs';
import type { Engine } from './dynamodb-engine.ts';

type Stores = NonNullable<BuildAppOptions['stores']>;

/** The parts of fauxqs 2.4.1 that its package does not export; see `startSqs`. */
interface Persistence {
  readonly db: { exec(sql: string): void };
  loadSqsAndSns(sqs: Stores['sqsStore'], sns: Stores['snsStore']): void;
  close(): void;
}

/**
 * fauxqs with its queues in SQLite. Its own `startFauxqs` listens on every interface, and whoever reaches an SQS emulator
 * may read and write it: so this builds the same server from the same parts and listens on the loopback only.
 */
export async function startSqs(dataDir: string): Promise<Engine> {
  mkdirSync(dataDir, { recursive: true });
  const { stores, persistence } = await openStores(dataDir);
  const app = buildApp({ logger: false, stores });
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
