import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';
import { type FormPart, sendForm } from '../support/raw-form.ts';

const MIB = 1024 ** 2;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const large = randomBytes(12 * MIB);
const formSizes = { MAX_SOURCE_BYTES: 16 * MIB, MAX_RESULT_BYTES: 16 * MIB, MAX_CERTS_BYTES: 64 * 1024 };

let controller: Controller;
beforeAll(async () => {
  controller = await startController({ formSizes });
});
afterAll(() => controller.close());
beforeEach(() => controller.purge('ios'));

const field = (name: string, value: string): FormPart => ({ name, content: [value] });
const file = (name: string, bytes: Buffer | Generator<Buffer>): FormPart => ({
  name,
  filename: `${name}.bin`,
  content: Buffer.isBuffer(bytes) ? [bytes] : bytes,
});
const submitUrl = () => `${controller.url}/api/builds/submit`;
const uploadUrl = () => `${controller.url}/api/workers/upload`;
const incoming = () => readdirSync(join(controller.dataDir, 's3', 'incoming'));
const objects = () =>
  readdirSync(join(controller.dataDir, 's3', 'objects'), { recursive: true })
    .map(String)
    .sort();

/** Nothing is on its way, and there is no object more than before. */
async function expectNothingNew(before: string[]) {
  await expect.poll(incoming).toEqual([]);
  expect(objects()).toEqual(before);
}

async function submitLarge() {
  const { status, body, text } = await sendForm(submitUrl(), [field('platform', 'ios'), file('source', large)], {
    headers: controller.key,
  });
  expect(status, text).toBe(200);
  return { id: body?.['id'] ?? '', token: body?.['access_token'] ?? '' };
}

describe('a form beyond what a Lambda takes', () => {
  it.each([
    ['fields first', () => [field('platform', 'ios'), file('source', large)]],
    ['the file first', () => [file('source', large), field('platform', 'ios')]],
  ])('brings a source that the worker gets byte by byte: %s', async (_order, parts) => {
    const { status, body } = await sendForm(submitUrl(), parts(), { headers: controller.key });
    expect(status).toBe(200);
    const worker = await controller.register();
    const { job } = (await controller.poll(worker)).body;
    expect(job).toMatchObject({ id: body?.['id'], source_size: large.length, source_sha256: sha256(large) });
    const source = await fetch(controller.url + job.source_url, { headers: controller.as(worker) });
    expect([source.status, source.headers.get('content-type')]).toEqual([200, 'application/zip']);
    expect(Buffer.from(await source.arrayBuffer()).equals(large)).toBe(true);
    expect(incoming()).toEqual([]);
    await controller.request('POST', `/api/builds/${job.id}/cancel`, { headers: controller.key });
  });

  it('sent again while its build lasts is the same build', async () => {
    const [first, second] = [await submitLarge(), await submitLarge()];
    expect(second.id).toBe(first.id);
    await controller.request('POST', `/api/builds/${first.id}/cancel`, { headers: controller.key });
  });

  it('brings a result, the file before the fields, and late it changes nothing and is kept nowhere', async () => {
    const worker = await controller.register();
    const { id, token } = await controller.submit();
    await controller.poll(worker);
    const parts = [
      file('result', large),
      field('build_id', id),
      field('worker_id', worker.id),
      field('success', 'true'),
    ];
    const send = () => sendForm(uploadUrl(), parts, { headers: controller.as(worker) });
    expect(await send()).toMatchObject({ status: 200, body: { status: 'success' } });
    const before = objects();
    expect(await send()).toMatchObject({ status: 200, body: { status: 'success' } });
    await expectNothingNew(before);
    const download = await fetch(`${controller.url}/api/builds/${id}/download`, {
      headers: { 'x-build-token': token },
      redirect: 'manual',
    });
    expect([download.status, download.headers.get('content-disposition')]).toEqual([
      200,
      `attachment; filename="${id}.ipa"`,
    ]);
    expect(Buffer.from(await download.arrayBuffer()).equals(large)).toBe(true);
    const alias = await controller.request('GET', `/api/builds/${id}/download/result`, { headers: controller.key });
    expect([alias.status, alias.headers.get('content-length')]).toEqual([200, String(large.length)]);
  });

  it('brings a source that its submitter gets back, and nobody else', async () => {
    const { id, token } = await submitLarge();
    const path = `/api/builds/${id}/download/source`;
    const download = await fetch(controller.url + path, { headers: { 'x-build-token': token }, redirect: 'manual' });
    expect([download.status, download.headers.get('content-disposition')]).toEqual([
      200,
      `attachment; filename="${id}.zip"`,
    ]);
    expect(Buffer.from(await download.arrayBuffer()).equals(large)).toBe(true);
    const other = await controller.submit('android');
    for (const headers of [{}, { 'x-build-token': other.token }, controller.as(await controller.register())]) {
      expect((await controller.request('GET', path, { headers })).status).toBeGreaterThanOrEqual(401);
    }
    await controller.request('POST', `/api/builds/${id}/cancel`, { headers: controller.key });
  });

  it('has its small parts read by the function as ever', async () => {
    const certs = randomBytes(1000);
    const parts = [file('certs', certs), file('source', large), field('platform', 'nonsense')];
    const before = objects();
    const { status, body } = await sendForm(submitUrl(), parts, { headers: controller.key });
    expect([status, body?.['error']]).toEqual([400, 'Valid platform required (ios|android)']);
    await expectNothingNew(before);
  });
});

describe('nothing is taken', () => {
  const parts = () => [field('platform', 'ios'), file('source', large)];

  it.each([
    ['without a credential', {}, 401],
    ['with a wrong key', { 'x-api-key': 'k'.repeat(43) }, 403],
  ])('from a stranger %s: refused before a byte is sent', async (_what, headers, expected) => {
    const before = objects();
    const options = { headers, isWaiting: true, contentLength: large.length + 500 };
    expect(await sendForm(submitUrl(), parts(), options)).toMatchObject({
      status: expected,
      isContinued: false,
      sentBytes: 0,
    });
    expect((await sendForm(submitUrl(), parts(), { headers })).status).toBe(expected);
    await expectNothingNew(before);
  });

  it('on a worker token that was never given', async () => {
    const headers = { 'x-worker-token': 'a'.repeat(64) };
    const sent = await sendForm(uploadUrl(), [file('result', large)], { headers, isWaiting: true });
    expect(sent).toMatchObject({ status: 401, isContinued: false, sentBytes: 0 });
  });

  it('above the limit: refused by its length before a byte is sent, the limit and the other way named', async () => {
    const options = { headers: controller.key, isWaiting: true, contentLength: 30 * MIB };
    const { status, body, isContinued } = await sendForm(submitUrl(), parts(), options);
    expect([status, body?.['code'], isContinued]).toEqual([413, 'payload_too_large', false]);
    expect(body?.['error']).toMatch(
      /^Source file too large: the limit is 16777216 bytes \(MAX_SOURCE_BYTES\).*\/api\/uploads/,
    );
  });

  it('above the limit, of a body that does not say its length', async () => {
    const before = objects();
    const endless = (function* () {
      for (;;) yield large;
    })();
    const { status, body, sentBytes } = await sendForm(submitUrl(), [file('source', endless)], {
      headers: controller.key,
    });
    expect([status, body?.['code']]).toEqual([413, 'payload_too_large']);
    expect(sentBytes).toBeLessThan(100 * MIB);
    await expectNothingNew(before);
  });

  it('of certificates above theirs', async () => {
    const before = objects();
    const both = [file('source', large), file('certs', randomBytes(65 * 1024)), field('platform', 'ios')];
    const { status, body } = await sendForm(submitUrl(), both, { headers: controller.key });
    expect([status, body?.['error']]).toEqual([413, expect.stringMatching(/^Certs file too large.*MAX_CERTS_BYTES/)]);
    await expectNothingNew(before);
  });

  it.each([
    ['ends in the middle of a part', { hasEnd: false }, [file('source', large)]],
    ['has a file twice', {}, [file('source', large), file('source', large), field('platform', 'ios')]],
    ['has no source', {}, [field('platform', 'ios'), file('other', Buffer.alloc(100))]],
    ['has an empty source', {}, [field('platform', 'ios'), file('source', Buffer.alloc(0))]],
    ['has too many fields', {}, Array.from({ length: 60 }, (_, index) => field(`f${index}`, 'x'))],
    ['has a field twice', {}, [file('source', large), field('platform', 'ios'), field('platform', 'ios')]],
  ])('of a form that %s', async (_what, options, broken) => {
    const before = objects();
    const { status, body } = await sendForm(submitUrl(), broken, { headers: controller.key, ...options });
    expect([status, body?.['code']]).toEqual([400, 'invalid_request']);
    await expectNothingNew(before);
  });

  it('of a form whose sender goes away', async () => {
    const before = objects();
    const sent = sendForm(submitUrl(), parts(), { headers: controller.key, cutAfter: 6 * MIB });
    await expect(sent).rejects.toThrow();
    await expectNothingNew(before);
  });

  it('without a boundary', async () => {
    const headers = { ...controller.key, 'content-type': 'multipart/form-data' };
    expect((await sendForm(submitUrl(), parts(), { headers })).status).toBe(400);
  });
});
