import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type S3rver from '@20minutes/s3rver';
import { DeleteItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AwsClients, createAwsClients } from '../../infra/local/aws-clients.ts';
import { createClosers } from '../../infra/local/closers.ts';
import { type Engines, startEngines } from '../../infra/local/engines.ts';
import { expiredRecords, filesInUse } from '../../infra/local/expired-records.ts';
import { openRetention } from '../../infra/local/open-retention.ts';
import { provision, type Resources } from '../../infra/local/provision.ts';
import { createRetention, type Round } from '../../infra/local/retention.ts';
import { publish } from '../../infra/local/s3-verified-writes.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-26T12:00:00Z');
const PAST = Math.floor(NOW / 1000) - 10;

const closers = createClosers();
let dataDir: string;
let engines: Engines;
let clients: AwsClients;
let resources: Resources;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'retention-'));
  engines = await startEngines(dataDir, {}, closers);
  clients = createAwsClients(engines.endpoints, engines.region, engines.credentials);
  resources = await provision(clients, 'local');
});
beforeEach(async () => {
  for (const pk of await pks()) await remove(pk);
  await open({ clock: () => NOW + 1_000 * DAY_MS }).run();
  expect([await pks(), files('sources')]).toEqual([[], []]);
});
afterAll(async () => {
  clients.close();
  await closers.closeAll();
  rmSync(dataDir, { recursive: true });
});

const open = (more: Partial<Parameters<typeof openRetention>[0]> = {}) =>
  openRetention({ engines, clients, resources, clock: () => NOW, ...more });

const put = (pk: string, more: object = {}) =>
  clients.dynamodb.send(new PutItemCommand({ TableName: resources.table, Item: marshall({ pk, sk: 'X', ...more }) }));
const remove = (pk: string) =>
  clients.dynamodb.send(new DeleteItemCommand({ TableName: resources.table, Key: marshall({ pk, sk: 'X' }) }));
async function pks(): Promise<string[]> {
  const { Items = [] } = await clients.dynamodb.send(new ScanCommand({ TableName: resources.table }));
  return Items.map(({ pk }) => pk?.S ?? '').sort();
}

const bucket = () => resources.buckets.sources;
const fileOf = (key: string) => join(dataDir, 's3/objects', bucket(), `${key}._S3rver_object`);
const files = (kind: 'sources' | 'results') =>
  readdirSync(join(dataDir, 's3/objects', resources.buckets[kind]), { recursive: true })
    .map(String)
    .sort();
const age = (path: string, days: number) =>
  utimesSync(path, new Date(NOW - days * DAY_MS), new Date(NOW - days * DAY_MS));

async function store(key: string, days: number): Promise<void> {
  await clients.s3.send(new PutObjectCommand({ Bucket: bucket(), Key: key, Body: 'x' }));
  for (const suffix of ['_object', '_object.md5', '_metadata.json']) {
    age(fileOf(key).replace('_object', suffix), days);
  }
}
const isReadable = (key: string) =>
  clients.s3.send(new GetObjectCommand({ Bucket: bucket(), Key: key })).then(
    async ({ Body }) => (await Body?.transformToString()) === 'x',
    () => false,
  );

it('two passes at once remove everything once, and neither fails', async () => {
  for (let n = 0; n < 40; n++) {
    await put(`gone ${n}`, { expiresAt: PAST });
    await store(`sources/${n}`, 15);
  }
  await put('stays', { expiresAt: PAST + 100 });
  const one = open();
  const passes = await Promise.all([one.run(), one.run(), open().run()]);
  const sum = (kind: string) => passes.reduce((total, counts) => total + (counts[kind] ?? 0), 0);
  expect([sum('records'), sum('sources'), sum('failed')]).toEqual([40, 40, 0]);
  expect([await pks(), files('sources')]).toEqual([['stays'], []]);
});

it('a pass looks at so much and no more, and the next goes on where it stopped', async () => {
  for (let n = 0; n < 9; n++) {
    await put(`item ${n}`, n % 3 === 0 ? { expiresAt: PAST } : {});
    await store(`sources/${n}`, 15);
  }
  const retention = open({ looks: 4, removals: 2 });
  const passes = [await retention.run()];
  expect(passes[0]?.['sources']).toBe(2);
  expect(files('sources').filter((name) => name.endsWith('_object'))).toHaveLength(7);
  while (passes.length < 20) passes.push(await retention.run());
  expect(passes.every(({ records = 0, sources = 0 }) => records <= 2 && sources <= 2)).toBe(true);
  expect([(await pks()).length, files('sources')]).toEqual([6, []]);
  await retention.close();
  await put('later', { expiresAt: PAST });
  expect([await retention.run(), await pks()]).toEqual([{ failed: 0 }, expect.arrayContaining(['later'])]);
});

it('a pass through what never ends, ends', async () => {
  let seen = 0;
  const round = async function* (): Round {
    while (seen < 100) yield void seen++;
  };
  const retention = createRetention({ rounds: [round], filesInUse: async () => new Set(), looks: 5 });
  await retention.run();
  expect(seen).toBe(5);
  await retention.run();
  expect(seen).toBe(10);
});

it('what a killed pass left of an object goes, with its folders; what is young or whole stays', async () => {
  for (const [key, days] of [
    ['sources/a/killed', 15],
    ['sources/b/young', 1],
    ['sources/c/whole', 13],
  ] as const) {
    await store(key, days);
  }
  unlinkSync(fileOf('sources/a/killed'));
  mkdirSync(join(dirname(fileOf('sources/d/empty')), 'deep'), { recursive: true });
  mkdirSync(dirname(fileOf('sources/e/filled soon')));
  age(join(dirname(fileOf('sources/d/empty')), 'deep'), 15);
  expect(await open().run()).toEqual({ failed: 0 });
  expect(files('sources').filter((name) => !name.includes('.'))).toEqual([
    'sources',
    'sources/b',
    'sources/c',
    'sources/e',
  ]);
  expect([await isReadable('sources/b/young'), await isReadable('sources/c/whole')]).toEqual([true, true]);
});

it('an item that was renewed after it was found stays', async () => {
  await put('worker', { expiresAt: PAST });
  const records = expiredRecords({ client: clients.dynamodb, table: resources.table, clock: () => NOW });
  const found = (await records.past().next()).value;
  if (!found) throw new Error('not found');
  await put('worker', { expiresAt: PAST + 90 * 86_400 });
  expect(await records.remove(found)).toBe(false);
  expect(await pks()).toEqual(['worker']);
});

it('an object that was stored anew after it was found stays, and so does what came into its folder', async () => {
  await store('sources/again', 15);
  const before = NOW - 14 * DAY_MS;
  const found = engines.s3?.kept.storedBefore(bucket(), before);
  let key: string | undefined;
  for await (const one of found ?? []) key ??= one;
  expect(key).toBe('sources/again');
  await store('sources/again', 0);
  expect(await engines.s3?.kept.remove(bucket(), 'sources/again', before)).toBe(false);
  expect(await isReadable('sources/again')).toBe(true);
});

it('a file is stored though the last one of its folder goes at that moment, and the folder with it', async () => {
  const received = join(dataDir, 'received');
  writeFileSync(received, 'x');
  let isFirst = true;
  const store = {
    getResourcePath: (_bucket: string, key: string) => fileOf(key),
    putMetadata: async () => {
      if (isFirst) rmdirSync(dirname(fileOf('sources/a/comes')));
      isFirst = false;
      writeFileSync(`${fileOf('sources/a/comes')}.md5`, 'x');
    },
  } as unknown as S3rver.Store;
  await publish(store, received, { bucket: bucket(), key: 'sources/a/comes', metadata: {}, etag: 'x' });
  expect(await isReadable('sources/a/comes')).toBe(true);
});

it('all that is in a folder may be deleted at once, by whoever, and the folder goes with the last', async () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `sources/deep/folder/${name}`);
  const { region, credentials, endpoints } = engines;
  const once = new S3Client({ endpoint: endpoints.s3, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  const remove = (Key: string) => once.send(new DeleteObjectCommand({ Bucket: bucket(), Key }));
  for (let round = 0; round < 8; round++) {
    await Promise.all(keys.map((key) => store(key, 0)));
    await Promise.all([...keys, ...keys].map(remove));
  }
  once.destroy();
  expect(files('sources')).toEqual([]);
});

it('an upload in parts is given up a day after it began', async () => {
  const begin = async (Key: string) =>
    (await clients.s3.send(new CreateMultipartUploadCommand({ Bucket: bucket(), Key }))).UploadId ?? '';
  const [old, young] = [await begin('sources/old'), await begin('sources/young')];
  const folder = join(dataDir, 's3/uploads');
  age(join(folder, old, 'upload.json'), 1.1);
  age(join(folder, young, 'upload.json'), 0.9);
  mkdirSync(join(folder, 'begun this moment'));
  expect(await open().run()).toEqual({ unfinishedUploads: 1, failed: 0 });
  expect(readdirSync(folder).sort()).toEqual([young, 'begun this moment'].sort());
});

it('how long is a setting', async () => {
  await store('sources/10 days', 10);
  await store('sources/20 days', 20);
  expect(await open({ keptDays: { SOURCE_DAYS: 21, RESULT_DAYS: 1 } }).run()).toEqual({ failed: 0 });
  expect(await open({ keptDays: { SOURCE_DAYS: 15 } }).run()).toEqual({ sources: 1, failed: 0 });
  expect(await open({ keptDays: { SOURCE_DAYS: 9 } }).run()).toEqual({ sources: 1, failed: 0 });
});

it('what cannot be removed is counted, keeps nothing else, and is tried again', async () => {
  for (const name of ['one', 'stuck', 'two']) await store(`sources/${name}`, 15);
  const { s3 } = engines;
  if (!s3) throw new Error('not ours');
  let isDiskBroken = true;
  const remove: typeof s3.kept.remove = async (bucketName, key, beforeMs) => {
    if (isDiskBroken && key === 'sources/stuck') throw new Error('EIO');
    return s3.kept.remove(bucketName, key, beforeMs);
  };
  const retention = open({ engines: { ...engines, s3: { ...s3, kept: { ...s3.kept, remove } } } });
  expect(await retention.run()).toEqual({ sources: 2, failed: 1 });
  isDiskBroken = false;
  expect(await retention.run()).toEqual({ sources: 1, failed: 0 });
  expect(files('sources')).toEqual([]);
});

it('nothing of a build that has not ended is removed, and nothing at all while that cannot be known', async () => {
  await store('sources/held', 30);
  await store('sources/old', 30);
  await put('BUILD#1', { state: 'assigned', listedAt: '1', sourceKey: 'sources/held' });
  const elsewhere = { ...resources, table: 'not-there' };
  expect((await open({ resources: elsewhere, engines: { ...engines, isTableOurs: false } }).run()).failed).toBe(1);
  expect([await isReadable('sources/held'), await isReadable('sources/old')]).toEqual([true, true]);
  expect(await open().run()).toEqual({ sources: 1, failed: 0 });
  expect([await isReadable('sources/held'), await isReadable('sources/old')]).toEqual([true, false]);
});

it('a build that is given back while the live ones are read counts as live', async () => {
  await put('BUILD#1', { state: 'building', listedAt: '1', sourceKey: 'sources/held' });
  const watched = createAwsClients(engines.endpoints, engines.region, engines.credentials);
  watched.dynamodb.middlewareStack.add((next) => async (args) => {
    const asked = JSON.stringify(args.input);
    if (asked.includes('"building"'))
      await put('BUILD#1', { state: 'pending', listedAt: '1', sourceKey: 'sources/held' });
    return next(args);
  });
  expect([...(await filesInUse({ client: watched.dynamodb, table: resources.table }))]).toEqual(['sources/held']);
  watched.close();
});

it('removes nothing from engines that are not ours', async () => {
  await put('gone', { expiresAt: PAST });
  await store('sources/old', 30);
  const elsewhere = await startEngines(dataDir, engines.endpoints, closers);
  expect(await open({ engines: elsewhere }).run()).toEqual({ failed: 0 });
  expect([await pks(), await isReadable('sources/old')]).toEqual([['gone'], true]);
});
