import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeZip } from '../support/client-zip.ts';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';

/** Each far from its default: what answers by these was told of them. */
const settings = {
  QUARANTINE_BUILDS: '1',
  QUARANTINE_SECONDS: '7200',
  QUARANTINE_INSTANT_SECONDS: '3600',
  OTP_SECONDS: '77',
  SAME_REQUEST_SECONDS: '0',
  MAX_SOURCE_UPLOAD_BYTES: '1000',
  MAX_RESULT_UPLOAD_BYTES: '2000',
  LINK_SECONDS: '61',
  LOG_HEAD_BYTES: '65536',
  LOG_TAIL_BYTES: '262144',
  LOG_LINE_CHARACTERS: '300',
  MAX_CERTS_BYTES: '2000',
  MAX_CERTS_UNPACKED_BYTES: '1500',
  MAX_CERTS_ENTRIES: '2',
  RECORD_DAYS: '31',
  DIAGNOSTIC_DAYS: '2',
  BUILD_TOKEN_DAYS: '3',
} as const;

const SHA256 = 'a'.repeat(64);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe('a controller whose limits were set', () => {
  let controller: Controller;
  beforeAll(async () => {
    controller = await startController({ settings, maxHeaderBytes: 8_192 });
  });
  afterAll(() => controller.close());

  const post = (path: string, json: object, headers: Record<string, string> = controller.key) =>
    controller.request('POST', path, { headers, json });
  const expiresIn = (url: string) => new URL(url).searchParams.get('X-Amz-Expires');

  async function atWork(): Promise<{ worker: TestWorker; id: string; otpMs: number }> {
    const { id } = await controller.submit();
    const worker = await controller.register();
    const before = Date.now();
    expect((await controller.poll(worker)).body.job.id).toBe(id);
    return { worker, id, otpMs: (await controller.buildItem(id)).otpExpiresAt - before };
  }

  it('takes no larger source and no larger result, and says how much it takes', async () => {
    const source = (size: number) => post('/api/uploads', { size, sha256: SHA256 });
    expect((await source(1000)).status).toBe(200);
    const larger = await source(1001);
    expect([larger.status, larger.body.error]).toEqual([413, 'Source file too large: the limit is 1000 bytes']);
    const { worker, id } = await atWork();
    const result = (size: number) => post(`/api/builds/${id}/uploads`, { size, sha256: SHA256 }, controller.as(worker));
    expect((await result(2000)).status).toBe(200);
    expect([(await result(2001)).status, (await result(2001)).body.error]).toEqual([
      413,
      'Result file too large: the limit is 2000 bytes',
    ]);
    await controller.complete(worker, id);
  });

  it('gives addresses for so long', async () => {
    const before = Date.now();
    const { body } = await post('/api/uploads', { size: 10, sha256: SHA256 });
    expect(expiresIn(body.url)).toBe('61');
    const expiresAt = typeof body.expires_at === 'number' ? body.expires_at : Date.parse(body.expires_at);
    expect(Math.abs(expiresAt - before - 61_000)).toBeLessThan(MINUTE_MS / 2);
  });

  it('makes a new build of the same bytes at once', async () => {
    const source = Buffer.from('the same source');
    const [first, second] = [await controller.submit('android', source), await controller.submit('android', source)];
    expect(first.id).not.toBe(second.id);
  });

  it('gives one-time passwords for so long, and no more builds to a worker after one bad end, for longer than an hour', async () => {
    const { worker, id, otpMs } = await atWork();
    expect(Math.abs(otpMs - 77_000)).toBeLessThan(MINUTE_MS / 2);
    const later = async (ms: number) => {
      const { grantedAt, releasedAt } = await controller.workerItem(worker.id);
      await controller.tamperWorker(worker.id, { grantedAt: grantedAt - ms, releasedAt: releasedAt - ms });
    };
    await controller.tamperWorker(worker.id, { grantedAt: Date.now() - 10 * MINUTE_MS });
    await post('/api/workers/result', { build_id: id, success: false }, controller.as(worker));
    await controller.submit();
    expect((await controller.poll(worker)).body.job).toBeNull();
    const stateOf = async () => {
      const { body } = await controller.request('GET', '/api/workers', { headers: controller.key });
      return body.workers.find((seen: { id: string }) => seen.id === worker.id).state;
    };
    expect(await stateOf()).toBe('quarantined');
    await later(90 * MINUTE_MS);
    expect((await controller.poll(worker)).body.job).toBeNull();
    await later(40 * MINUTE_MS);
    expect(await stateOf()).toBe('idle');
    expect((await controller.poll(worker)).body.job).not.toBeNull();
  });

  it('keeps so much of a log, and says how much; a longer line is cut, one without JSON in pieces', async () => {
    const { worker, id } = await atWork();
    const logs = (body: object | string) =>
      controller.request('POST', `/api/builds/${id}/logs`, {
        headers: controller.as(worker),
        ...(typeof body === 'string' ? { body } : { json: body }),
      });
    const read = async () => {
      const { body } = await controller.request('GET', `/api/builds/${id}/logs`, { headers: controller.key });
      return body.logs.map(({ message }: { message: string }) => message) as string[];
    };
    await logs({ level: 'info', message: 'x'.repeat(301) });
    await logs('y'.repeat(301));
    const [, cut, whole, rest] = await read();
    expect([cut?.length, cut?.endsWith('[line cut]'), whole, rest]).toEqual([300, true, 'y'.repeat(300), 'y']);
    const batch = Array.from({ length: 400 }, (_, at) => ({ level: 'info', message: `${at} ${'z'.repeat(250)}` }));
    for (let sent = 0; sent < 6; sent++) await logs({ logs: batch });
    const head = await read();
    expect(head.at(-1)).toBe(
      'The log has passed 65536 bytes: of what follows only the newest 262144 bytes is kept, and shown here when the build has ended',
    );
    expect(head.length).toBe(1 + 3 + 400 + 1);
    await controller.complete(worker, id);
    expect((await read()).length).toBe(head.length + 1 + 2 * 400);
  });

  it('takes so much signing material, as it is sent and unpacked, in so many entries', async () => {
    const submit = async (certs: Buffer) => {
      const json = { platform: 'ios', upload_id: 'nothing', certs: certs.toString('base64') };
      const { status, body } = await post('/api/builds', json);
      return [status, body.error];
    };
    const p12 = (bytes: number) => Buffer.concat([Buffer.from([0x30, 0x82]), Buffer.alloc(bytes)]);
    const entries = (...files: [string, Buffer][]) => makeZip(files.map(([name, data]) => ({ name, data })));
    expect(await submit(p12(2_000))).toEqual([413, 'Certs file too large: the limit is 2000 bytes']);
    expect((await submit(entries(['a.p12', p12(100)], ['password.txt', Buffer.from('p')])))[1]).toContain(
      'Source file',
    );
    const three = entries(['a.p12', p12(100)], ['password.txt', Buffer.from('p')], ['b', Buffer.from('b')]);
    expect(await submit(three)).toEqual([400, expect.stringContaining('2 entries')]);
    expect(await submit(entries(['a.p12', p12(1_600)]))).toEqual([400, expect.stringMatching(/unpack/)]);
  });

  it('keeps the records of a build, of workers and of keys for so long, and diagnostics for less', async () => {
    const before = Date.now();
    const { worker, id } = await atWork();
    const logs = { headers: controller.as(worker), json: { level: 'info', message: 'x' } };
    expect((await controller.request('POST', `/api/builds/${id}/logs`, logs)).status).toBe(200);
    await controller.complete(worker, id);
    const { body: key } = await post('/api/keys', { name: 'dead soon', scopes: ['read'] });
    expect((await post(`/api/keys/${key.id}/revoke`, {})).status).toBe(200);
    const report = {
      worker_id: worker.id,
      status: 'healthy',
      run_at: before,
      duration_ms: 1,
      auto_fixed: false,
      checks: [],
    };
    expect((await post('/api/diagnostics/report', report)).status).toBe(200);
    const items = await controller.items();
    const daysOf = (pk: string, sk: string) => {
      const found = items.filter((item) => item.pk === pk && item.sk.startsWith(sk));
      return [...new Set(found.map(({ expiresAt }) => Math.round((expiresAt * 1000 - before) / DAY_MS)))];
    };
    const kept = [
      [`BUILD#${id}`, 'BUILD'],
      [`BUILD#${id}`, 'EVENT#'],
      [`BUILD#${id}`, 'LOG#'],
      [`WORKER#${worker.id}`, 'WORKER'],
      ['KEYS', `KEY#${key.id}`],
      [`WORKER#${worker.id}`, 'DIAGNOSTICS#'],
    ] as const;
    expect(kept.map(([pk, sk]) => daysOf(pk, sk))).toEqual([[31], [31], [31], [31], [31], [2]]);
  });

  it('opens an ended build to its own token for so long', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
    await controller.complete(worker, build.id);
    const read = async (daysAgo: number) => {
      await controller.tamperBuild(build.id, { finishedAt: Date.now() - daysAgo * DAY_MS });
      const headers = { 'x-build-token': build.token };
      return (await controller.request('GET', `/api/builds/${build.id}/status`, { headers })).status;
    };
    expect([await read(2.9), await read(3.1)]).toEqual([200, 403]);
  });

  it('takes so many bytes of headers', async () => {
    const withHeader = (bytes: number) =>
      controller.request('GET', '/health', { headers: { 'x-filler': 'x'.repeat(bytes) } });
    expect((await withHeader(6_000)).status).toBe(200);
    expect((await withHeader(9_000)).status).toBe(431);
  });
});
