import { createHash } from 'node:crypto';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/listen.ts';
import { DamagedFile, type FileRequest, fetchFile } from '../../lib/client/transfer/fetch-file.ts';
import { FileExists, placeFile } from '../../lib/client/transfer/place-file.ts';
import { putFile } from '../../lib/client/transfer/put-file.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';

let fake: FakeController;
beforeEach(async () => {
  fake = await startFakeController();
});
afterEach(() => fake.close());

const content = Buffer.from('the artifact');
const sha256 = createHash('sha256').update(content).digest('hex');

async function request(more: Partial<FileRequest> = {}): Promise<{ folder: string; request: FileRequest }> {
  const folder = await temporaryFolder();
  const expected = { size: content.length, sha256 };
  const credentials = { 'X-API-Key': 'secret-key' };
  const base = {
    baseUrl: fake.url,
    url: `${fake.url}/file`,
    credentials,
    expected,
    partPath: () => join(folder, 'a.part'),
  };
  return { folder, request: { ...base, ...more } };
}

describe('a download', () => {
  it('is written and measured', async () => {
    fake.on('GET /file', () => ({ body: content }));
    const { folder, request: download } = await request();
    expect(await fetchFile(download)).toEqual({ size: 12, sha256, partPath: join(folder, 'a.part') });
    expect(await readFile(join(folder, 'a.part'))).toEqual(content);
    expect(fake.seen('GET /file')[0]?.headers['x-api-key']).toBe('secret-key');
  });

  it.each([
    ['other bytes', { body: Buffer.from('the artefact') }, DamagedFile],
    ['too many bytes', { body: Buffer.from('the artifact and more') }, DamagedFile],
    ['too few bytes', { body: Buffer.from('the art') }, /ended after 7 of 12 bytes/],
    ['a broken connection', { body: content, cutAfter: 5 }, /no answer from/],
    ['a refusal', { status: 404, body: { error: 'Build not found', code: 'x' } }, /Build not found/],
  ])('of %s leaves no file', async (_what, reply, error) => {
    fake.on('GET /file', () => reply);
    const { folder, request: download } = await request();
    await expect(fetchFile(download)).rejects.toThrow(error);
    expect(await readdir(folder)).toEqual([]);
  });

  it('follows redirects without credentials, to another host and on the same', async () => {
    const store = await startFakeController();
    store.on('GET /presigned', () => ({ body: content }));
    fake.on('GET /file', () => ({ status: 302, headers: { location: '/second?sig=1' } }));
    fake.on('GET /second', () => ({ status: 307, headers: { location: `${store.url}/presigned?sig=2` } }));
    await fetchFile((await request()).request);
    const later = [...fake.seen('GET /second'), ...store.requests];
    expect(later).toHaveLength(2);
    for (const { headers } of later) expect(JSON.stringify(headers)).not.toContain('secret-key');
    await store.close();
  });

  it('gives no credentials to an address that is not the controller’s, and follows no redirect for ever', async () => {
    fake.on('GET /file', ({ headers }) => ({
      status: 302,
      headers: { location: '/file', seen: String(headers['x-api-key']) },
    }));
    await expect(fetchFile((await request()).request)).rejects.toThrow('redirected too often');
    const other = await request({ baseUrl: 'http://controller.invalid' });
    await expect(fetchFile(other.request)).rejects.toThrow('redirected too often');
    expect(fake.requests.map(({ headers }) => headers['x-api-key'])).toEqual([
      'secret-key',
      ...Array(7).fill(undefined),
    ]);
  });

  it('that stalls is given up', async () => {
    fake.on('GET /file', () => new Promise(() => {}));
    const { folder, request: download } = await request({ stallMs: 20 });
    await expect(fetchFile(download)).rejects.toThrow('stalled');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes no name that exists, unless told to', async () => {
    const folder = await temporaryFolder({ 'a.part': 'new', a: 'old' });
    const [part, path] = [join(folder, 'a.part'), join(folder, 'a')];
    await expect(placeFile(part, path, false)).rejects.toThrow(FileExists);
    expect(await readFile(path, 'utf8')).toBe('old');
    await expect(access(part)).rejects.toThrow('ENOENT');
    await writeFile(part, 'new');
    await placeFile(part, path, true);
    expect(await readFile(path, 'utf8')).toBe('new');
    await writeFile(part, 'more');
    await placeFile(part, join(folder, 'b'), false);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  });
});

describe('an upload', () => {
  it('sends exactly the file, its length and the headers of its grant', async () => {
    fake.on('PUT /store', () => ({}));
    const path = join(await temporaryFolder({ f: 'x'.repeat(200_000) }), 'f');
    const progress: number[] = [];
    const headers = { 'x-amz-checksum-sha256': 'abc' };
    await putFile({
      url: `${fake.url}/store?sig=1`,
      headers,
      path,
      size: 200_000,
      onProgress: (sent) => progress.push(sent),
    });
    const [seen] = fake.seen('PUT /store');
    expect(seen?.body.toString()).toBe('x'.repeat(200_000));
    expect(seen?.headers).toMatchObject({ 'content-length': '200000', 'x-amz-checksum-sha256': 'abc' });
    expect(seen?.headers['transfer-encoding']).toBeUndefined();
    expect(progress.at(-1)).toBe(200_000);
  });

  it('of an empty file works, too', async () => {
    fake.on('PUT /store', () => ({}));
    await putFile({ url: `${fake.url}/store`, headers: {}, path: '/nowhere', size: 0 });
    expect(fake.seen('PUT /store')[0]?.headers['content-length']).toBe('0');
  });

  it('that is refused says why, and one that stalls is given up', async () => {
    const path = join(await temporaryFolder({ f: 'abc' }), 'f');
    const put = { url: `${fake.url}/store`, headers: {}, path, size: 3 };
    fake.on('PUT /store', () => ({
      status: 403,
      body: Buffer.from('<Error><Message>Request has expired</Message></Error>'),
    }));
    await expect(putFile(put)).rejects.toMatchObject({
      status: 403,
      message: expect.stringMatching(/HTTP 403, Request has expired/),
    });
    fake.on('PUT /store', () => new Promise(() => {}));
    await expect(putFile({ ...put, stallMs: 20 })).rejects.toThrow('the upload stalled');
    const abort = AbortSignal.abort(new Error('interrupted'));
    await expect(putFile({ ...put, signal: abort })).rejects.toThrow('interrupted');
  });

  it('that is refused before its last byte still says why', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('<Error><Message>Too large</Message></Error>');
    });
    const listener = await listen(server, 0, '127.0.0.1');
    const size = 30_000_000;
    const path = join(await temporaryFolder({ f: 'x'.repeat(size) }), 'f');
    await expect(putFile({ url: listener.url, headers: {}, path, size })).rejects.toMatchObject({
      status: 413,
      message: expect.stringMatching(/Too large/),
    });
    await listener.close(0);
  });

  it('of a file that is not there, or ends early, is no fault of the network', async () => {
    fake.on('PUT /store', () => ({}));
    const path = join(await temporaryFolder({ f: 'abc' }), 'f');
    const put = { url: `${fake.url}/store`, headers: {}, path };
    await expect(putFile({ ...put, path: `${path}g`, size: 3 })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(putFile({ ...put, size: 4 })).rejects.toThrow();
    expect(fake.seen('PUT /store')).toEqual([]);
  });
});
