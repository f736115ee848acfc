import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';

const PART = 5 * 1024 ** 2;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const file = randomBytes(2 * PART + 1234);
const pieces = [file.subarray(0, PART), file.subarray(PART, 2 * PART), file.subarray(2 * PART)];

function announcement(of = file, from = pieces) {
  return { size: of.length, sha256: sha256(of), parts: { size: PART, sha256s: from.map(sha256) } };
}

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

interface Part {
  readonly number: number;
  readonly size: number;
  readonly url: string;
  readonly headers: Record<string, string>;
}

const post = (path: string, json: object = {}, headers: Record<string, string> = controller.key) =>
  controller.request('POST', path, { headers, json });
const get = (path: string, headers: Record<string, string> = controller.key) =>
  controller.request('GET', path, { headers });

/** No length of ours: the sender counts the body itself. */
async function put({ url, headers: { 'content-length': _counted, ...headers } }: Part, body: Uint8Array) {
  return (await fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) })).status;
}

async function begin(json: object = announcement()): Promise<{ path: string; uploadId: string; parts: Part[] }> {
  const { status, body, text } = await post('/api/uploads', json);
  expect(status, text).toBe(200);
  return { path: `/api/uploads/${body.upload_id}`, uploadId: body.upload_id, parts: body.parts };
}

const piece = ({ number }: Part) => pieces[number - 1] ?? Buffer.alloc(0);

describe('a source in parts', () => {
  it('is complete when its parts are joined, and not before', async () => {
    const { path, uploadId, parts } = await begin();
    expect(parts.map(({ number, size }) => [number, size])).toEqual([
      [1, PART],
      [2, PART],
      [3, 1234],
    ]);
    const submit = () => post('/api/builds', { platform: 'ios', upload_id: uploadId });
    for (const part of parts) expect(await put(part, piece(part))).toBe(200);
    expect((await submit()).body.code).toBe('upload_missing');
    const completed = await post(`${path}/complete`);
    expect(completed.body).toEqual({ upload_id: uploadId, size: file.length, sha256: sha256(file) });
    expect((await post(`${path}/complete`)).body).toEqual(completed.body);
    expect((await submit()).status).toBe(201);
  });

  it('goes on after a break with what is missing', async () => {
    const { path, parts } = await begin();
    for (const part of parts.slice(1)) await put(part, piece(part));
    expect((await post(`${path}/complete`)).body).toMatchObject({ code: 'upload_incomplete' });
    const { body } = await get(path);
    expect([body.missing_parts, body.parts.map(({ number }: Part) => number)]).toEqual([1, [1]]);
    expect(await put(body.parts[0], piece(body.parts[0]))).toBe(200);
    expect((await get(path)).body).toMatchObject({ missing_parts: 0, parts: [] });
    expect((await post(`${path}/complete`)).status).toBe(200);
  });

  it('takes at each address exactly the announced part', async () => {
    const { path, parts } = await begin();
    const [first, second, third] = parts as [Part, Part, Part];
    expect(await put(third, randomBytes(1234))).toBe(400);
    expect(await put(third, randomBytes(1235))).toBe(403);
    expect(await put({ ...third, headers: {} }, piece(third))).toBe(403);
    expect(await put({ ...third, url: first.url }, piece(third))).toBe(403);
    expect(await put({ ...first, url: first.url.replace('partNumber=1', 'partNumber=2') }, piece(first))).toBe(403);
    expect(await put({ ...second, url: second.url.replace(/uploadId=\w+/, 'uploadId=0') }, piece(second))).toBe(403);
    expect((await get(path)).body.missing_parts).toBe(3);
  });

  it('that as a whole is not what was announced is refused, and given up', async () => {
    const { path, uploadId, parts } = await begin({ ...announcement(), sha256: 'ab'.repeat(32) });
    for (const part of parts) await put(part, piece(part));
    expect(await post(`${path}/complete`)).toMatchObject({ status: 400, body: { code: 'upload_damaged' } });
    expect((await post('/api/builds', { platform: 'ios', upload_id: uploadId })).body.code).toBe('upload_missing');
    expect((await get(path)).body.code).toBe('upload_not_found');
  });

  it('is given up on demand', async () => {
    const { path, parts } = await begin();
    const [first] = parts as [Part];
    await put(first, piece(first));
    expect((await controller.request('DELETE', path, { headers: controller.key })).body).toEqual({ success: true });
    expect(await put(first, piece(first))).toBe(404);
    expect((await get(path)).status).toBe(404);
  });

  it.each([
    ['parts below 5 MiB', { parts: { size: PART - 1, sha256s: [] } }, /parts.size must be at least/],
    ['too few parts', { parts: { size: PART, sha256s: [sha256(file)] } }, /are 3 parts, not 1/],
    ['a digest that is none', { parts: { size: PART, sha256s: ['x', 'y', 'z'] } }, /sha256/],
    ['more than a thousand', { parts: { size: PART, sha256s: Array(1001).fill(sha256(file)) } }, /at most 1000/],
    ['no list', { parts: { size: PART } }, /must be a list/],
  ])('of %s is refused', async (_what, wrong, text) => {
    const { status, body } = await post('/api/uploads', { ...announcement(), ...wrong });
    expect([status, body.error]).toEqual([400, expect.stringMatching(text)]);
  });

  it('is found by nobody else and under no other id', async () => {
    const { path } = await begin();
    for (const headers of [{}, { 'x-api-key': 'k'.repeat(43) }]) {
      expect((await get(path, headers)).status).toBeGreaterThanOrEqual(401);
      expect((await post(`${path}/complete`, {}, headers)).status).toBeGreaterThanOrEqual(401);
      expect((await controller.request('DELETE', path, { headers })).status).toBeGreaterThanOrEqual(401);
    }
    expect((await get('/api/uploads/never-begun')).body.code).toBe('upload_not_found');
    expect((await get('/api/uploads/..%2F..%2Fx')).status).toBe(400);
  });
});

describe('a result in parts', () => {
  async function held() {
    const worker = await controller.register();
    const { id, token } = await controller.submit();
    expect((await controller.poll(worker)).body.job.id).toBe(id);
    return { worker, id, token, as: controller.as(worker) };
  }

  it('completes its build and is downloaded as it was sent', async () => {
    await controller.purge('ios');
    const { id, as, token } = await held();
    const begun = await post(`/api/builds/${id}/uploads`, { ...announcement(), filename: 'app.ipa' }, as);
    const path = `/api/builds/${id}/uploads/${begun.body.upload_id}`;
    for (const part of begun.body.parts) await put(part, piece(part));
    expect((await get(path, as)).body.missing_parts).toBe(0);
    expect((await post(`${path}/complete`, {}, as)).body.sha256).toBe(sha256(file));
    const finish = { build_id: id, success: true, upload_id: begun.body.upload_id };
    expect((await post('/api/workers/result', finish, as)).body.status).toBe('success');
    const download = await fetch(`${controller.url}/api/builds/${id}/download`, {
      headers: { 'x-build-token': token },
    });
    expect(download.headers.get('content-disposition')).toBe('attachment; filename="app.ipa"');
    expect(Buffer.from(await download.arrayBuffer()).equals(file)).toBe(true);
  });

  it('belongs to the attempt that began it, and to its worker', async () => {
    await controller.purge('ios');
    const { id, as } = await held();
    const begun = await post(`/api/builds/${id}/uploads`, announcement(), as);
    const path = `/api/builds/${id}/uploads/${begun.body.upload_id}`;
    const other = controller.as(await controller.register('other'));
    expect((await get(path, other)).status).toBe(409);
    expect((await post(`${path}/complete`, {}, other)).status).toBe(409);
    expect((await controller.request('DELETE', path, { headers: other })).status).toBe(409);
    const later = path.replace('/uploads/1-', '/uploads/2-');
    expect((await get(later, as)).body.code).toBe('lease_lost');
    expect((await controller.request('DELETE', path, { headers: as })).status).toBe(200);
    await post(`/api/builds/${id}/cancel`);
    expect((await get(path, as)).status).toBe(410);
  });
});
