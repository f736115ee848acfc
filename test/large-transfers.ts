import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiClient } from '../lib/client/api-client.ts';
import { systemClock } from '../lib/client/clock.ts';
import { fetchFile, PartialFile } from '../lib/client/transfer/fetch-file.ts';
import { digestFile, type FileDigest } from '../lib/client/transfer/file-digest.ts';
import { uploadParts } from '../lib/client/transfer/upload-parts.ts';
import { type CountingProxy, startCountingProxy } from './support/counting-proxy.ts';
import { type ControllerProcess, startControllerProcess } from './support/fault-process.ts';
import { forgetPeak, peakMiB } from './support/process-memory.ts';

const HELP = `Passes large files through the single-machine controller, a process of its own, and measures its memory (the kernel's
VmHWM, set back before each transfer): 100 MB and 500 MB as an old client's multipart/form-data and as a presigned upload in
parts, each fetched again by a worker and compared. Then breaks an upload and a download and counts what is sent again.
Ends with 1 if bytes differ, 500 MB need over 20 % more memory than 100 MB, or a finished part is sent twice.

Usage: npm run test:transfers
`;

const MB = 1_000_000;
const SIZES = [100 * MB, 500 * MB] as const;
/** What the runtime allocates on its first large transfers of a kind belongs to neither size. */
const WARM_UP_BYTES = 100 * MB;
const MAX_GROWTH = 1.2;

interface Scene {
  readonly folder: string;
  readonly controller: ControllerProcess;
  readonly proxy: CountingProxy;
}

interface Row {
  readonly way: string;
  readonly size: number;
  readonly isSame: boolean;
  readonly upMiB: number;
  readonly downMiB: number;
  readonly seconds: number;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  if (args.length > 0) {
    process.stdout.write(HELP);
    return args.includes('--help') ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-transfers-'));
  const apiKey = randomBytes(32).toString('base64url');
  let url = '';
  const proxy = await startCountingProxy(() => url);
  const controller = await startControllerProcess(join(folder, 'data'), apiKey, { PUBLIC_URL: proxy.url });
  url = controller.http.url;
  try {
    return await report({ folder, controller, proxy });
  } finally {
    controller.signal('SIGTERM');
    await controller.ended;
    await proxy.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function report(scene: Scene): Promise<number> {
  const faults: string[] = [];
  const rows: Row[] = [];
  const ways = { 'multipart/form-data': byForm, 'presigned parts': byParts };
  for (const [way, submit] of Object.entries(ways)) {
    await transfer(scene, way, WARM_UP_BYTES, submit);
    for (const size of SIZES) rows.push(await transfer(scene, way, size, submit));
  }
  console.log('way                   size  bytes    peak up  peak down  seconds');
  for (const { way, size, isSame, upMiB, downMiB, seconds } of rows) {
    const bytes = isSame ? 'same' : 'DIFFER';
    const peaks = `${upMiB.toFixed(0).padStart(6)} MiB ${downMiB.toFixed(0).padStart(6)} MiB`;
    console.log(`${way.padEnd(20)} ${size / MB} MB  ${bytes.padEnd(6)} ${peaks} ${seconds.toFixed(1).padStart(8)}`);
    if (!isSame) faults.push(`${way}, ${size / MB} MB: other bytes came out than went in`);
  }
  for (const way of Object.keys(ways)) {
    const [small, large] = rows.filter((row) => row.way === way);
    if (small && large) faults.push(...growthOf(small, large));
  }
  faults.push(...(await brokenUpload(scene)), ...(await brokenDownload(scene)));
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(
    faults.length === 0
      ? 'Large transfers hold: same bytes, flat memory, nothing sent twice'
      : `${faults.length} faults`,
  );
  return faults.length === 0 ? 0 : 1;
}

function growthOf(small: Row, large: Row): string[] {
  return (['upMiB', 'downMiB'] as const).flatMap((peak) => {
    const growth = large[peak] / small[peak];
    console.log(
      `${large.way}, ${peak === 'upMiB' ? 'up' : 'down'}: 500 MB take ${growth.toFixed(2)} × the memory of 100 MB`,
    );
    return growth > MAX_GROWTH ? [`${large.way}: memory grew ${growth.toFixed(2)} ×, above ${MAX_GROWTH} ×`] : [];
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

function clientOf({ controller, proxy }: Scene) {
  const credentials = { 'X-API-Key': controller.http.apiKey };
  return createApiClient({ baseUrl: proxy.url, clock: systemClock, random: Math.random, credentials });
}

function uploadInParts(scene: Scene, path: string, digest: FileDigest, more: object = {}): Promise<string> {
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
async function fetchAsWorker({ controller: { http } }: Scene, id: string): Promise<FileDigest> {
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

/** Ended in its fourth part by its client, and gone on with by another, who knows no more than the id. */
async function brokenUpload(scene: Scene): Promise<string[]> {
  const { path, digest } = await makeFile(scene.folder, SIZES[0]);
  const { passed } = scene.proxy;
  const from = passed.length;
  const stop = new AbortController();
  let uploadId = '';
  const interrupted = uploadInParts(scene, path, digest, {
    context: { clock: systemClock, random: Math.random, signal: stop.signal },
    onBegun: (id: string) => {
      uploadId = id;
    },
    onProgress: (sent: number) => {
      if (sent > SIZES[0] / 2) stop.abort(new Error('interrupted'));
    },
  });
  const wasInterrupted = await interrupted.then(
    () => false,
    (error: unknown) => error === stop.signal.reason,
  );
  const parts = () => passed.slice(from).filter(({ method, status }) => method === 'PUT' && status === 200);
  const before = parts().length;
  const isSameUpload = (await uploadInParts(scene, path, digest, { uploadId })) === uploadId;
  const sentBytes = parts().reduce((sum, part) => sum + part.sentBytes, 0);
  console.log(
    `broken upload: ${before} parts before, ${parts().length - before} after, ${sentBytes} of ${digest.size} bytes in all`,
  );
  const holds = wasInterrupted && isSameUpload && before > 0 && sentBytes === digest.size;
  const { id } = await clientOf(scene).submit('ios', uploadId);
  const isSame = (await fetchAsWorker(scene, id)).sha256 === digest.sha256;
  return [
    ...(holds ? [] : ['the broken upload sent parts twice']),
    ...(isSame ? [] : ['the broken upload: other bytes']),
  ];
}

async function brokenDownload(scene: Scene): Promise<string[]> {
  const { controller, proxy, folder } = scene;
  const { http } = controller;
  const { path, digest } = await makeFile(folder, SIZES[0]);
  const { id, access_token } = await clientOf(scene).submit('ios', await uploadInParts(scene, path, digest));
  const isDownload = ({ url = '' }: { url?: string | undefined }) => url.endsWith('/download/source');
  const partial = new PartialFile();
  const fetchOnce = () =>
    fetchFile({
      baseUrl: proxy.url,
      url: `${proxy.url}/api/builds/${id}/download/source`,
      credentials: { 'X-Build-Token': access_token },
      expected: digest,
      partPath: () => join(folder, 'download'),
      partial,
    });
  proxy.cut(isDownload, 1, 60 * MB);
  const isBroken = await fetchOnce().then(
    () => false,
    () => true,
  );
  const { sha256 } = await fetchOnce();
  const again = proxy.passed.filter(isDownload).at(-1);
  console.log(
    `broken download: cut after 60 MB, then ${again?.receivedBytes} of ${digest.size} bytes came (${again?.status})`,
  );
  await http.request('POST', `/api/builds/${id}/cancel`, { headers: http.key });
  const holds = isBroken && again?.status === 206 && again.receivedBytes < digest.size / 2 && sha256 === digest.sha256;
  return holds ? [] : ['the broken download began again, or brought other bytes'];
}

async function makeFile(folder: string, size: number): Promise<{ path: string; digest: FileDigest }> {
  const path = join(folder, `file-${size}`);
  const file = await open(path, 'w');
  for (let left = size; left > 0; left -= 10 * MB) await file.write(randomBytes(Math.min(left, 10 * MB)));
  await file.close();
  return { path, digest: await digestFile(path) };
}
