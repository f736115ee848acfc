import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../lib/client/api-client.ts';
import { fetchFile, PartialFile } from '../../lib/client/transfer/fetch-file.ts';
import { type PartsUpload, uploadParts } from '../../lib/client/transfer/upload-parts.ts';
import { instantClock } from '../support/client-clock.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';

const MIB = 1024 ** 2;
/** Two parts of 16 MiB and one of 4. */
const content = randomBytes(36 * MIB);
const sha256 = createHash('sha256').update(content).digest('hex');

let controller: Controller;
let proxy: CountingProxy;
/** Clients reach the controller, and its files, only by its public address. */
beforeAll(async () => {
  proxy = await startCountingProxy(() => controller.stack.url);
  controller = await startController({ publicUrl: proxy.url });
});
afterAll(async () => {
  await controller.close();
  await proxy.close();
});

const isPart = ({ method }: { method?: string | undefined }) => method === 'PUT';

async function upload(more: Partial<PartsUpload> = {}) {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, content);
  const connection = { baseUrl: proxy.url, clock: instantClock(), random: () => 0.5 };
  const client = createApiClient({ ...connection, credentials: { 'X-API-Key': controller.apiKey } });
  const before = proxy.passed.length;
  const progress: number[] = [];
  const run = uploadParts({
    baseUrl: proxy.url,
    path,
    digest: { size: content.length, sha256 },
    calls: client.parts,
    retry: { tries: 3, baseMs: 1, maxMs: 1 },
    context: connection,
    onProgress: (sent) => progress.push(sent),
    ...more,
  });
  const uploadId = await run.catch((error: unknown) => error);
  const sent = proxy.passed.slice(before).filter((request) => isPart(request) && request.status === 200);
  return { client, uploadId, progress, sent: sent.map(({ sentBytes }) => sentBytes) };
}

describe('an upload in parts', () => {
  it('sends each part once, and what is submitted is the file', async () => {
    const { client, uploadId, sent, progress } = await upload();
    expect(sent).toEqual([16 * MIB, 16 * MIB, 4 * MIB]);
    expect(progress.at(-1)).toBe(content.length);
    const { id } = await client.submit('ios', String(uploadId));
    const { job } = (await controller.poll(await controller.register())).body;
    expect(job).toMatchObject({ id, source_size: content.length, source_sha256: sha256 });
  });

  it('that breaks in a part sends that part again and no other', async () => {
    proxy.cut(isPart, 2, 5 * MIB);
    const { uploadId, sent, progress } = await upload();
    expect(uploadId).toEqual(expect.any(String));
    expect(sent).toEqual([16 * MIB, 16 * MIB, 4 * MIB]);
    expect(progress.at(-1)).toBe(content.length);
  });

  it('that was given up by its client goes on in another with the parts that are missing', async () => {
    let begun = '';
    const retry = { tries: 1, baseMs: 1, maxMs: 1 };
    const stop = new AbortController();
    const onBegun = (id: string) => {
      begun = id;
    };
    const context = { clock: instantClock(), random: () => 0.5, signal: stop.signal };
    const first = await upload({
      retry,
      context,
      onBegun,
      onProgress: (sent) => {
        if (sent > 32 * MIB) stop.abort(new Error('interrupted'));
      },
    });
    expect([String(first.uploadId), first.sent]).toEqual(['Error: interrupted', [16 * MIB, 16 * MIB]]);
    const second = await upload({ uploadId: begun });
    expect([second.uploadId, second.sent]).toEqual([begun, [4 * MIB]]);
  });

  it('that does not exist any more is begun anew', async () => {
    const { uploadId, sent } = await upload({ uploadId: 'long-gone' });
    expect(uploadId).not.toBe('long-gone');
    expect(sent).toHaveLength(3);
  });

  it('that gets nowhere is given up', async () => {
    const calls = { begin: async () => Promise.reject(new Error('refused')), goOn: fail, complete: fail };
    expect(String((await upload({ calls })).uploadId)).toBe('Error: refused');
  });

  it('has addresses that are good at the public address and behind a proxy with another Host', async () => {
    const { body } = await controller.request('POST', '/api/uploads', {
      headers: controller.key,
      json: { size: 3, sha256: createHash('sha256').update('abc').digest('hex') },
    });
    const { origin, pathname, search } = new URL(body.url);
    expect(origin).toBe(proxy.url);
    const { 'content-length': _counted, ...headers } = body.headers;
    const inside = await fetch(controller.stack.url + pathname + search, { method: 'PUT', headers, body: 'abc' });
    expect([inside.status, (await fetch(body.url, { method: 'PUT', headers, body: 'abc' })).status]).toEqual([
      200, 200,
    ]);
  });
});

async function fail(): Promise<never> {
  throw new Error('not to be called');
}

describe('a download', () => {
  it('that breaks goes on where it broke, and is the file', async () => {
    const worker = await controller.register();
    const build = await controller.submit();
    let granted = (await controller.poll(worker)).body.job;
    while (granted.id !== build.id) {
      await controller.request('POST', `/api/builds/${granted.id}/cancel`, { headers: controller.key });
      granted = (await controller.poll(worker)).body.job;
    }
    await controller.complete(worker, build.id, content);
    const folder = await temporaryFolder();
    const url = `${proxy.url}/api/builds/${build.id}/download`;
    const isDownload = ({ url: path = '' }: { url?: string | undefined }) => path.endsWith('/download');
    const partial = new PartialFile();
    const fetchOnce = () =>
      fetchFile({
        baseUrl: proxy.url,
        url,
        credentials: { 'X-Build-Token': build.token },
        expected: { size: content.length, sha256 },
        partPath: () => join(folder, 'result.part'),
        partial,
      });
    proxy.cut(isDownload, 1, 20 * MIB);
    await expect(fetchOnce()).rejects.toThrow(/no answer|ended after/);
    const { partPath } = await fetchOnce();
    const second = proxy.passed.filter(isDownload).at(-1);
    expect(second?.status).toBe(206);
    expect(second?.receivedBytes).toBeLessThan(30 * MIB);
    expect((await readFile(partPath)).equals(content)).toBe(true);

    const damaged = new PartialFile();
    damaged.path = join(folder, 'other.part');
    await writeFile(damaged.path, randomBytes(100));
    const wrong = fetchFile({
      baseUrl: proxy.url,
      url,
      credentials: { 'X-Build-Token': build.token },
      expected: { size: content.length, sha256 },
      partPath: () => join(folder, 'other.part'),
      partial: damaged,
    });
    await expect(wrong).rejects.toThrow('SHA-256');
    expect(await readdir(folder)).toEqual(['result.part']);
  });
});
