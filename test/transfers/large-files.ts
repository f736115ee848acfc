import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiClient } from '../../lib/client/api-client.ts';
import { systemClock } from '../../lib/client/clock.ts';
import { digestFile, type FileDigest } from '../../lib/client/transfer/file-digest.ts';
import { uploadParts } from '../../lib/client/transfer/upload-parts.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { type ControllerProcess, startControllerProcess } from '../support/fault-process.ts';
import { forgetPeak, peakMiB } from '../support/process-memory.ts';

export const MB = 1_000_000;
export const SIZES = [100 * MB, 500 * MB] as const;
/** What the runtime allocates on its first large transfers of a kind belongs to neither size. */
const WARM_UP_BYTES = 100 * MB;

export interface Scene {
  readonly folder: string;
  readonly controller: ControllerProcess;
  readonly proxy: CountingProxy;
}

export interface Row {
  readonly way: string;
  readonly size: number;
  readonly isSame: boolean;
  readonly upMiB: number;
  readonly downMiB: number;
  readonly seconds: number;
}

/** A controller as a process of its own, behind a proxy that counts what passes. */
export async function onScene<T>(act: (scene: Scene) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-transfers-'));
  const apiKey = randomBytes(32).toString('base64url');
  let url = '';
  const proxy = await startCountingProxy(() => url);
  const controller = await startControllerProcess(join(folder, 'data'), apiKey, { PUBLIC_URL: proxy.url });
  url = controller.http.url;
  try {
    return await act({ folder, controller, proxy });
  } finally {
    controller.signal('SIGTERM');
    await controller.ended;
    await proxy.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each way takes each size there and back. */
export async function transferAll(scene: Scene): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [way, submit] of Object.entries({ 'multipart/form-data': byForm, 'presigned parts': byParts })) {
    await transfer(scene, way, WARM_UP_BYTES, submit);
    for (const size of SIZES) rows.push(await transfer(scene, way, size, submit));
  }
  return rows;
}

/** How much more memory the large file took than the small one, by the way it went; 1: as much. */
export interface Growth {
  readonly way: string;
  readonly direction: 'up' | 'down';
  readonly growth: number;
}

export function growthsOf(rows: readonly Row[]): Growth[] {
  return [...new Set(rows.map(({ way }) => way))].flatMap((way) => {
    const [small, large] = rows.filter((row) => row.way === way);
    if (!small || !large) return [];
    return [
      { way, direction: 'up' as const, growth: large.upMiB / small.upMiB },
      { way, direction: 'down' as const, growth: large.downMiB / small.downMiB },
    ];
  });
}

type Submit = (scene: Scene, path: string, digest: FileDigest) => Promise<string>;

async function transfer(scene: Scene, way: string, size: number, submit: Submit): Promise<Row> {
  const { pid } = scene.controller;
  const { path, digest } = await makeFile(scene.folder, size);
  const startedAt = performance.now();
  forgetPeak(pid);
  const id = await submit(scene, path, digest);
  const upMiB = peakMiB(pid);
  forgetPeak(pid);
  const fetched = await fetchAsWorker(scene, id);
  const downMiB = peakMiB(pid);
  const seconds = (performance.now() - startedAt) / 1000;
  await rm(path);
  const isSame = fetched.size === size && fetched.sha256 === digest.sha256;
  return { way, size, isSame, upMiB, downMiB, seconds };
}

/** As the old command line sends it: one request, the file in the middle of it. */
async function byForm({ controller, proxy }: Scene, path: string): Promise<string> {
  const boundary = 'large-transfers';
  const part = (name: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  const request = httpRequest(`${proxy.url}/api/builds/submit`, {
    method: 'POST',
    headers: { ...controller.http.key, 'content-type': `multipart/form-data; boundary=${boundary}` },
  });
  const answer = new Promise<string>((resolve, reject) => {
    request
      .on('error', reject)
      .on('response', async (response) => resolve(String(Buffer.concat(await response.toArray()))));
  });
  request.write(`${part('platform')}\r\n\r\nios\r\n${part('source')}; filename="project.zip"\r\n\r\n`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 ** 2 })) {
    if (!request.write(chunk)) await new Promise((resolve) => request.once('drain', resolve));
  }
  request.end(`\r\n--${boundary}--\r\n`);
  return JSON.parse(await answer).id;
}

async function byParts(scene: Scene, path: string, digest: FileDigest): Promise<string> {
  return (await clientOf(scene).submit('ios', await uploadInParts(scene, path, digest))).id;
}

export function clientOf({ controller, proxy }: Scene) {
  const credentials = { 'X-API-Key': controller.http.apiKey };
  return createApiClient({ baseUrl: proxy.url, clock: systemClock, random: Math.random, credentials });
}

export function uploadInParts(scene: Scene, path: string, digest: FileDigest, more: object = {}): Promise<string> {
  return uploadParts({
    baseUrl: scene.proxy.url,
    path,
    digest,
    calls: clientOf(scene).parts,
    retry: { tries: 3, baseMs: 100, maxMs: 500 },
    context: { clock: systemClock, random: Math.random },
    ...more,
  });
}

/** Without following redirects, as the virtual machines' curl; then the build is cancelled. */
export async function fetchAsWorker({ controller: { http } }: Scene, id: string): Promise<FileDigest> {
  const worker = await http.register();
  const { job } = (await http.poll(worker)).body;
  if (job?.id !== id) throw new Error(`the worker got ${job?.id} instead of ${id}`);
  const response = await fetch(http.url + job.source_url, { headers: http.as(worker), redirect: 'manual' });
  if (response.status !== 200 || !response.body) throw new Error(`the source answered ${response.status}`);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of response.body) {
    hash.update(chunk);
    size += chunk.length;
  }
  await http.request('POST', `/api/builds/${id}/cancel`, { headers: http.key });
  return { size, sha256: hash.digest('hex') };
}

export async function makeFile(folder: string, size: number): Promise<{ path: string; digest: FileDigest }> {
  const path = join(folder, `file-${size}`);
  const file = await open(path, 'w');
  for (let left = size; left > 0; left -= 10 * MB) await file.write(randomBytes(Math.min(left, 10 * MB)));
  await file.close();
  return { path, digest: await digestFile(path) };
}
