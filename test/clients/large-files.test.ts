import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { c1 } from './c1.ts';
import { startM2 } from './m2.ts';
import { openSite, type TestSite } from './site.ts';
import { v3 } from './v3.ts';
import { startW1 } from './w1.ts';
import { startW3 } from './w3.ts';

/** Twice what passes a Lambda. */
const BYTES = 12 * 1024 * 1024;

let site: TestSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

it('C1 submits 12 MB by a form, W1 takes them and uploads 12 MB, C1 downloads them', async () => {
  const [source, result] = [randomBytes(BYTES), randomBytes(BYTES)];
  const id = await c1(site).submit({ source });
  const worker = await startW1(site);
  const job = await worker.poll();
  expect((await worker.source(job?.source_url ?? '')).equals(source)).toBe(true);
  await worker.upload(id, { result });
  expect((await c1(site).download(id)).bytes.equals(result)).toBe(true);
});

it('M2 uploads 12 MB before it says whose they are', async () => {
  const [source, result] = [randomBytes(BYTES), randomBytes(BYTES)];
  const id = await c1(site).submit({ source });
  const worker = await startM2(site);
  const job = await worker.poll();
  if (job) expect((await worker.source(job)).bytes.equals(source)).toBe(true);
  expect(await worker.upload(id, result)).toMatchObject({ status: 'success' });
  expect((await c1(site).download(id)).bytes.equals(result)).toBe(true);
});

it('V3 fetches 12 MB with a curl that follows nobody, and delivers 12 MB', async () => {
  const [source, result] = [randomBytes(BYTES), randomBytes(BYTES)];
  const id = await c1(site).submit({ source });
  const worker = await startW3(site);
  const job = await worker.poll();
  const vm = v3(site, id, job?.otp ?? '');
  await vm.authenticate();
  expect((await vm.source()).equals(source)).toBe(true);
  await vm.artifact(result);
  expect((await c1(site).download(id)).bytes.equals(result)).toBe(true);
});
