import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { marshall } from '@aws-sdk/util-dynamodb';
import { openDataDir } from '../../../infra/local/data-dir.ts';
import { findBinary } from '../../../infra/local/dynamodb-engine.ts';
import { tableProperties } from '../../../infra/tables.ts';
import { ending } from '../../../lib/adapters/dynamo/build-changes.ts';
import { toBuildItem } from '../../../lib/adapters/dynamo/build-item.ts';
import { duePartition } from '../../../lib/adapters/dynamo/keys.ts';
import type { Hint } from '../../../lib/app/ports.ts';
import type { Build } from '../../../lib/domain/build.ts';
import { resendAt } from '../../../lib/domain/due.ts';
import { aBuild, hintOf } from '../../support/builders.ts';
import { RECORD_DAYS } from '../../support/settings.ts';

/** Of the builds that are there before the start: so far apart, by so many workers. */
const EACH_MS = 60_000;
const WORKERS = 50;

/** An id that a request can name. */
export const idOf = (index: number) =>
  createHash('sha256').update(`build ${index}`).digest('base64url').slice(0, 20).replace(/^-/, 'x');

/**
 * A database in which so many builds have ended, made by the engine's own import: as many submits would take hours. Seven of
 * eight are completed. The records are made by the mappers that write them.
 */
export const importBuilds = (dataDir: string, count: number, now: number): Promise<void> =>
  importItems(dataDir, endedItems(count, now));

/** The same, of builds that wait, in the order of their messages; answers those. */
export async function importBacklog(dataDir: string, count: number, now: number): Promise<Hint[]> {
  const builds = Array.from({ length: count }, (_, index) => waitingBuild(index, now - (count - index)));
  await importItems(
    dataDir,
    builds.map((build) => ({
      ...toBuildItem(build),
      duePartition: duePartition('pending'),
      dueAt: resendAt(now, 1),
    })),
  );
  return builds.map(hintOf);
}

async function importItems(dataDir: string, items: Iterable<object>): Promise<void> {
  openDataDir(dataDir);
  const table = tableProperties('local');
  const from = join(dataDir, 'export');
  const data = join(from, table.TableName, 'data');
  mkdirSync(data, { recursive: true });
  await pipeline(Readable.from(linesOf(items)), createGzip(), createWriteStream(join(data, 'builds.json.gz')));
  const schema = join(from, 'schema.json');
  writeFileSync(schema, JSON.stringify([{ Table: table }]));
  const args = ['import', '--source', from, '--schema', schema, '--output', join(dataDir, 'dynamodb.sqlite')];
  const { status, stderr } = spawnSync(findBinary(), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the engine imported nothing: ${stderr}`);
  await rm(from, { recursive: true });
}

function* linesOf(items: Iterable<object>): Generator<string> {
  for (const item of items) {
    yield `${JSON.stringify({ Item: marshall(item, { removeUndefinedValues: true }) })}\n`;
  }
}

function* endedItems(count: number, now: number): Generator<object> {
  for (let index = 0; index < count; index++) yield endedItem(index, now - (count - index) * EACH_MS);
}

function waitingBuild(index: number, submittedAt: number): Build {
  const id = idOf(index);
  const sha256 = createHash('sha256').update(id).digest('hex');
  const source = { key: `sources/${id}`, size: 50_000_000, sha256 };
  return aBuild('pending', { id, submittedAt, queuedAt: submittedAt, tokenHashes: [sha256], source });
}

function endedItem(index: number, submittedAt: number) {
  const platform = index % 3 === 0 ? 'android' : 'ios';
  const build: Build = { ...waitingBuild(index, submittedAt), platform, attempt: 1 };
  const { id } = build;
  const finishedAt = submittedAt + 600_000;
  const state = index % 8 === 0 ? 'failed' : 'completed';
  const details = state === 'failed' ? { failureKind: 'build', failureMessage: 'xcodebuild: 65' } : {};
  const workerId = idOf(-1 - (index % WORKERS));
  const holder = { workerId, workerName: `mac ${index % WORKERS}`, assignmentId: id, startedAt: submittedAt + 5_000 };
  const { set } = ending({ recordDays: RECORD_DAYS }, id, state, finishedAt, details, []);
  return { ...toBuildItem(build), ...holder, ...set };
}
