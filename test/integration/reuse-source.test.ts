import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceKey } from '../../lib/app/file-keys.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { runInside } from '../support/cli.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';

/** A source that was uploaded is not uploaded again: by the same key, and by no other. */
let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
type Headers = Record<string, string>;
const post = (path: string, json: unknown, headers: Headers = controller.key) =>
  controller.request('POST', path, { headers, json });

async function keyFor(...scopes: string[]): Promise<{ id: string; headers: Headers }> {
  const { body } = await post('/api/keys', { name: 'a pipeline', scopes });
  return { id: body.id, headers: { 'x-api-key': body.key } };
}

const announced = (bytes: Uint8Array, reuse = 'now') => ({ size: bytes.length, sha256: sha256(bytes), reuse });

/** Uploads it if it is asked for. */
async function upload(bytes: Uint8Array, headers?: Headers, reuse?: string) {
  const { body } = await post('/api/uploads', announced(bytes, reuse), headers);
  if (body.url) {
    const { 'content-length': _counted, ...own } = body.headers;
    expect((await fetch(body.url, { method: 'PUT', headers: own, body: new Uint8Array(bytes) })).status).toBe(200);
  }
  return { id: String(body.upload_id), wasStored: body.is_stored === true };
}

const submit = (uploadId: string, headers?: Headers) =>
  post('/api/builds', { platform: 'ios', upload_id: uploadId }, headers);

describe('a source that was uploaded before', () => {
  it('need not be sent again, and a submit of it is a build of its own', async () => {
    const source = randomBytes(100);
    const first = await upload(source);
    const second = await upload(source);
    expect([first.wasStored, second.wasStored]).toEqual([false, true]);
    const builds = [await submit(first.id), await submit(second.id), await submit(second.id)];
    expect(builds.map(({ status }) => status)).toEqual([201, 201, 201]);
    const [one, two, repeated] = builds.map(({ body }) => body.id);
    expect(one).not.toBe(two);
    expect(repeated).toBe(two);
    const stored = await controller.request('GET', `/api/builds/${two}/download/source`, { headers: controller.key });
    expect([stored.status, stored.text.length > 0]).toEqual([200, true]);
  });

  it('is sent again by who wants so, and by who does not know of this', async () => {
    const source = randomBytes(100);
    await upload(source);
    expect((await upload(source, controller.key, 'later')).wasStored).toBe(false);
    const { size, sha256 } = announced(source);
    const plain = await post('/api/uploads', { size, sha256 });
    expect(plain.body).toMatchObject({ upload_id: expect.stringMatching(/^.{21}$/), url: expect.any(String) });
  });

  it('is one whose bytes have arrived, not one that was announced', async () => {
    const source = randomBytes(100);
    const { body } = await post('/api/uploads', announced(source));
    expect(body.url).toBeDefined();
    expect((await upload(source)).wasStored).toBe(false);
  });

  it('says nothing of itself to other keys, and is not theirs by its name', async () => {
    const [ours, theirs] = [await keyFor('submit'), await keyFor('submit')];
    const source = randomBytes(100);
    const { id } = await upload(source, ours.headers);
    expect((await post('/api/uploads', announced(source), theirs.headers)).body.is_stored).toBeUndefined();
    expect((await submit(id, theirs.headers)).body).toMatchObject({ code: 'upload_missing' });
    // Who knows the content and whose it is can make the name of the object, and that is no upload.
    const known = sourceKey(secrets, id, { id: ours.id, scopes: [] }).slice('sources/'.length);
    for (const name of [known, known.slice('by-content/'.length)]) {
      const { status, body } = await submit(name, theirs.headers);
      expect([400, 404, 409]).toContain(status);
      expect(body.id).toBeUndefined();
    }
    expect((await submit(id, ours.headers)).status).toBe(201);
  });

  it('is not shown, gone on with, joined or given up by other keys while it comes in parts', async () => {
    const [ours, theirs] = [await keyFor('submit'), await keyFor('submit')];
    const PART = 5 * 1024 ** 2;
    const source = randomBytes(PART + 10);
    const pieces = [source.subarray(0, PART), source.subarray(PART)];
    const parts = { size: PART, sha256s: pieces.map(sha256) };
    const { body } = await post('/api/uploads', { ...announced(source, 'later'), parts }, ours.headers);
    const path = `/api/uploads/${body.upload_id}`;
    const ask = async (method: string, end: string, headers: Headers) =>
      (await controller.request(method, path + end, { headers })).body.code;
    for (const [method, end] of [
      ['GET', ''],
      ['POST', '/complete'],
      ['DELETE', ''],
    ] as const) {
      expect(await ask(method, end, theirs.headers)).toBe('upload_not_found');
    }
    for (const { number, url, headers } of body.parts) {
      const { 'content-length': _counted, ...own } = headers;
      await fetch(url, { method: 'PUT', headers: own, body: new Uint8Array(pieces[number - 1] ?? []) });
    }
    expect(await ask('POST', '/complete', ours.headers)).toBeUndefined();
    expect((await upload(source, ours.headers)).wasStored).toBe(true);
    expect((await upload(source, theirs.headers)).wasStored).toBe(false);
  });
});

describe('buildlatch submit', () => {
  it('sends an unchanged source once, and makes a build each time', async () => {
    const folder = await temporaryFolder({ 'a.ts': 'unchanged' });
    const env = { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.key['x-api-key'] };
    const run = (...more: string[]) => runInside(['submit', '.', '--platform', 'ios', ...more], { env, cwd: folder });
    const [first, second, third] = [await run(), await run(), await run('--upload')];
    expect(first.err).toMatch(/^Uploaded 0\.1 kB/m);
    expect(second.err).toMatch(/^The controller has this source: nothing had to be uploaded, SHA-256/m);
    expect(third.err).toMatch(/^Uploaded 0\.1 kB/m);
    expect(new Set([first.out, second.out, third.out]).size).toBe(3);
  });
});
