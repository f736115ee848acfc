import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certMarks } from '../../lib/adapters/dynamo/cert-marks.ts';
import { readZip } from '../../lib/runtime/zip-reader.ts';
import { aBundle, aRawP12, P12, PASSWORD, PROFILE, SECRETS } from '../support/certs.ts';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';
import { loggedEvents } from '../support/quiet.ts';
import { RECORD_DAYS } from '../support/settings.ts';
import { vmScene } from '../support/vm-scene.ts';

let controller: Controller;
let s3: S3Client;
beforeAll(async () => {
  controller = await startController();
  const { engines, region, credentials } = controller.stack;
  s3 = new S3Client({ endpoint: engines.s3, region, credentials, forcePathStyle: true });
});
afterAll(async () => {
  s3.destroy();
  await controller.close();
});

interface Parts {
  readonly certs?: Buffer;
  readonly profile?: Buffer;
  readonly source?: Buffer;
  readonly fields?: Record<string, string>;
}

function submit({ certs, profile, source = randomBytes(32), fields = {} }: Parts, more: Record<string, string> = {}) {
  const form = new FormData();
  const file = (bytes: Buffer) => new Blob([new Uint8Array(bytes)]);
  form.append('source', file(source), 'project.tar.gz');
  if (certs) form.append('certs', file(certs), 'certs.zip');
  if (profile) form.append('profile', file(profile), 'app.mobileprovision');
  for (const [name, value] of Object.entries({ platform: 'ios', ...fields })) form.append(name, value);
  return controller.request('POST', '/api/builds/submit', { headers: { ...controller.key, ...more }, body: form });
}

async function assigned(certs: Buffer = aBundle(), parts: Parts = {}) {
  const answer = await submit({ certs, ...parts });
  expect(answer.status, answer.text).toBe(200);
  const worker = await controller.register();
  const { job } = (await controller.poll(worker)).body;
  expect(job.id).toBe(answer.body.id);
  return { id: answer.body.id as string, worker, job };
}

const read = (id: string, headers: Record<string, string>, query = '') =>
  controller.request('GET', `/api/builds/${id}/certs-secure${query}`, { headers });
const byKey = (id: string, worker: Pick<TestWorker, 'id'>) => ({
  ...controller.key,
  'x-worker-id': worker.id,
  'x-build-id': id,
});

async function objects(): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: controller.stack.buckets.certs }));
  return Contents.map(({ Key }) => Key ?? '');
}

const marks = async () => (await controller.items()).filter(({ sk }) => sk.startsWith('CERTS#'));

async function sweepAll(): Promise<void> {
  for (const { pk, sk } of await marks()) await controller.tamper(pk, sk, { dueAt: 1 });
  await controller.stack.runSchedule();
}

describe('signing material', () => {
  it('reaches the virtual machine by its own token, not by the one for signs of life, and dies with the attempt', async () => {
    const { id, worker, job } = await assigned();
    const vm = vmScene(controller);
    const { vm_token: token } = (await vm.authenticate(id, job.otp)).body;
    await vm.ready(id, token);
    const { vm_token: beatToken } = (await vm.status(id)).body;
    const answer = await read(id, vm.asVm(token));
    expect([answer.status, answer.body.p12Password]).toEqual([200, PASSWORD]);
    expect((await read(id, vm.asVm(beatToken))).status).toBe(401);
    const json = { build_id: id };
    await controller.request('POST', '/api/workers/abandon', { headers: controller.as(worker), json });
    const lost = await read(id, vm.asVm(token));
    expect([lost.status, lost.body.code]).toEqual([403, 'not_assigned']);
    // Else the next sweep would send it again, and another test's worker be given it.
    await controller.request('POST', `/api/builds/${id}/cancel`, { headers: controller.key });
    await controller.purge('ios');
  });

  it('of a bundle reaches the holder, with all four keys, by key and ids as by token', async () => {
    const { id, worker, job } = await assigned();
    expect(job.certs_url).toBe(`/api/builds/${id}/certs`);
    const answer = await read(id, byKey(id, worker));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      p12: P12.toString('base64'),
      p12Password: PASSWORD,
      keychainPassword: expect.stringMatching(/^[A-Za-z0-9+/]{32}$/),
      provisioningProfiles: [PROFILE.toString('base64')],
    });
    expect((await read(id, controller.as(worker))).body).toEqual(answer.body);
    await controller.complete(worker, id);
  });

  it('is there as the ZIP that the mock workers fetch from certs_url', async () => {
    const { id, worker, job } = await assigned();
    const response = await fetch(`${controller.url}${job.certs_url}`, { headers: controller.as(worker) });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const zip = Buffer.from(await response.arrayBuffer());
    const files = readZip(zip, { maxEntries: 9, maxBytes: 1e6, maxRatio: 9, ratioFloorBytes: 1e6 });
    expect(files.map(({ path, bytes }) => [path, bytes.toString()])).toEqual([
      ['cert.p12', P12.toString()],
      ['password.txt', PASSWORD],
      ['profile-1.mobileprovision', PROFILE.toString()],
    ]);
    await controller.complete(worker, id);
  });

  it('may come as a bare PKCS#12 called certs.zip, the profile beside it', async () => {
    const { id, worker } = await assigned(aRawP12(), { profile: PROFILE });
    expect((await read(id, byKey(id, worker))).body).toMatchObject({
      p12: aRawP12().toString('base64'),
      p12Password: '',
      provisioningProfiles: [PROFILE.toString('base64')],
    });
    await controller.complete(worker, id);
  });

  it('may come in base64 beside an upload_id, and is told of in a repeated poll', async () => {
    const source = randomBytes(40);
    const json = { size: source.length, sha256: createHash('sha256').update(source).digest('hex') };
    const { body } = await controller.request('POST', '/api/uploads', { headers: controller.key, json });
    await fetch(body.url, { method: 'PUT', headers: body.headers, body: new Uint8Array(source) });
    const certs = {
      certs: aRawP12().toString('base64'),
      certs_password: PASSWORD,
      profiles: [PROFILE.toString('base64')],
    };
    const answer = await controller.request('POST', '/api/builds', {
      headers: controller.key,
      json: { platform: 'ios', upload_id: body.upload_id, ...certs },
    });
    expect(answer.status, answer.text).toBe(201);
    const worker = await controller.register();
    await controller.poll(worker);
    expect((await controller.poll(worker)).body.job.certs_url).toBe(`/api/builds/${answer.body.id}/certs`);
    const got = await read(answer.body.id, controller.as(worker));
    expect(got.body).toMatchObject({ p12Password: PASSWORD, provisioningProfiles: certs.profiles });
    await controller.complete(worker, answer.body.id);
  });

  it('is not there for a build without: certs_url is null, the answer 404', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    expect((await controller.poll(worker)).body.job.certs_url).toBeNull();
    for (const path of ['certs', 'certs-secure']) {
      const answer = await controller.request('GET', `/api/builds/${build.id}/${path}`, {
        headers: byKey(build.id, worker),
      });
      expect([path, answer.status, answer.body.error]).toEqual([path, 404, 'Certs not found']);
    }
    await controller.complete(worker, build.id);
  });
});

describe('who may read it', () => {
  it('hole 5: a made-up worker id reads nothing, and a build that waits is nobody’s', async () => {
    const waiting = (await submit({ certs: aBundle() })).body.id;
    const stranger = await controller.register('stranger');
    for (const path of ['certs', 'certs-secure']) {
      for (const worker of [{ id: 'made-up' }, stranger]) {
        const answer = await controller.request('GET', `/api/builds/${waiting}/${path}`, {
          headers: byKey(waiting, worker),
        });
        expect([answer.status, answer.body.error]).toEqual([403, 'Worker not assigned to this build']);
      }
    }
    const holder = await controller.register('holder');
    await controller.poll(holder);
    expect((await read(waiting, controller.as(stranger))).status).toBe(403);
    await controller.complete(holder, waiting);
  });

  it('asks who comes with the key for the build once more', async () => {
    const { id, worker } = await assigned();
    const { 'x-build-id': _gone, ...without } = byKey(id, worker);
    const missing = await read(id, without);
    expect([missing.status, missing.body.error]).toEqual([401, 'Missing X-Build-Id header']);
    const other = await read(id, { ...without, 'x-build-id': 'another' });
    expect([other.status, other.body.error]).toEqual([403, 'X-Build-Id header does not match build ID in URL']);
    expect((await read(id, { 'x-worker-id': worker.id, 'x-build-id': id })).status).toBe(401);
    await controller.complete(worker, id);
  });

  it('gives one keychain password in an attempt and another in the next, and the attempt before nothing', async () => {
    const { id, worker } = await assigned();
    const first = (await read(id, controller.as(worker), '?attempt=1')).body.keychainPassword;
    expect((await read(id, controller.as(worker))).body.keychainPassword).toBe(first);
    await controller.request('POST', '/api/workers/abandon', {
      headers: controller.as(worker),
      json: { build_id: id },
    });
    expect((await read(id, controller.as(worker))).status).toBe(403);
    expect((await controller.poll(worker)).body.job).toMatchObject({ id, attempt: 2 });
    expect((await read(id, controller.as(worker), '?attempt=1')).status).toBe(403);
    const second = (await read(id, controller.as(worker), '?attempt=2')).body.keychainPassword;
    expect(second).not.toBe(first);
    await controller.complete(worker, id);
  });

  it('refuses on a lease that has run out, although no sweep has taken it back', async () => {
    const { id, worker } = await assigned();
    await controller.tamperBuild(id, { leaseUntil: Date.now() - 1 });
    expect((await read(id, controller.as(worker))).status).toBe(403);
    expect((await controller.heartbeat(worker, id)).status).toBe(200);
    expect((await read(id, controller.as(worker))).status).toBe(200);
    await controller.complete(worker, id);
  });

  it('tells each reading in the story of the build: who, when, in which attempt', async () => {
    const { id, worker } = await assigned();
    const before = Date.now();
    await read(id, controller.as(worker));
    const { body } = await controller.request('GET', `/api/builds/${id}/events`, { headers: controller.key });
    const told = body.events.filter(({ type }: { type: string }) => type === 'certs_read');
    expect(told).toEqual([{ type: 'certs_read', at: expect.any(Number), attempt: 1, by: `worker ${worker.id}` }]);
    expect(told[0].at).toBeGreaterThanOrEqual(before);
    await controller.complete(worker, id);
  });
});

const cancel = (id: string) => controller.request('POST', `/api/builds/${id}/cancel`, { headers: controller.key });

describe('its end', () => {
  const fail = (id: string, worker: TestWorker) =>
    controller.request('POST', '/api/workers/fail', { headers: controller.as(worker), json: { build_id: id } });

  it.each([
    ['completes', (id: string, worker: TestWorker) => controller.complete(worker, id)],
    ['fails', fail],
    ['is cancelled', cancel],
  ])('takes the key with it when the build %s, and the sweep what is left', async (_how, end) => {
    const { id, worker } = await assigned();
    expect((await controller.buildItem(id)).certsSealedKey).toMatch(/^[\w-]+$/);
    expect((await end(id, worker)).status).toBe(200);
    expect(await controller.buildItem(id)).not.toHaveProperty('certsSealedKey');
    expect((await read(id, byKey(id, worker))).status).toBe(403);
    expect(await objects()).toEqual(expect.arrayContaining([expect.stringContaining(id)]));
    await sweepAll();
    expect(await objects()).toEqual([]);
    expect(await marks()).toEqual([]);
  });

  it('is not yet there for a build that lives: the sweep leaves it, and looks again later', async () => {
    const { id, worker } = await assigned();
    await sweepAll();
    expect((await read(id, controller.as(worker))).status).toBe(200);
    const [mark] = await marks();
    expect(mark.dueAt).toBeGreaterThan(Date.now());
    await controller.complete(worker, id);
    await sweepAll();
  });

  it('finds what a submit left that was a repeat', async () => {
    const same = { certs: aBundle(), source: randomBytes(32) };
    const [first, again] = [await submit(same), await submit(same)];
    expect(again.body.id).toBe(first.body.id);
    expect(await objects()).toHaveLength(2);
    await sweepAll();
    expect(await objects()).toHaveLength(1);
    const worker = await controller.register();
    await controller.poll(worker);
    expect((await read(first.body.id, controller.as(worker))).status).toBe(200);
    await controller.complete(worker, first.body.id);
    await sweepAll();
  });

  it('means that a retry needs it again, and says so', async () => {
    const { id, worker } = await assigned();
    await fail(id, worker);
    const retry = (json: object) =>
      controller.request('POST', `/api/builds/${id}/retry`, { headers: controller.key, json });
    const refused = await retry({});
    expect([refused.status, refused.body.code]).toEqual([400, 'certs_gone']);
    expect(refused.body.error).toMatch(/^Original build certificates no longer available/);
    const granted = await retry({ certs: aBundle().toString('base64') });
    expect(granted.status, granted.text).toBe(200);
    expect((await controller.poll(worker)).body.job).toMatchObject({
      id: granted.body.id,
      certs_url: `/api/builds/${granted.body.id}/certs`,
    });
    await controller.complete(worker, granted.body.id);
  });
});

describe('the same request again', () => {
  it('is another build when its certs are others', async () => {
    const source = randomBytes(32);
    const ids = [];
    for (const certs of [aBundle(), aBundle([{ name: 'b.mobileprovision', data: 'another' }]), undefined]) {
      ids.push((await submit({ source, ...(certs && { certs }) })).body.id);
    }
    expect(new Set(ids).size).toBe(3);
    const key = { 'idempotency-key': 'one-key' };
    const first = await submit({ source, certs: aBundle() }, key);
    expect(first.status).toBe(200);
    const differently = await submit({ source, certs: aRawP12() }, key);
    expect([differently.status, differently.body.code]).toEqual([409, 'repeated_differently']);
    for (const id of [...ids, first.body.id]) await cancel(id);
  });
});

describe('nothing of it', () => {
  it('hole 17: lies in clear in table, bucket, queue or on disk', async () => {
    const fields = { appleId: 'someone@example.com', applePassword: PASSWORD };
    const { id, worker } = await assigned(aBundle(), { fields });
    await read(id, controller.as(worker));
    const files = await readdir(controller.dataDir, { recursive: true, withFileTypes: true });
    const contents = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
    );
    const everything = [JSON.stringify(await controller.items()), ...contents].join('\n');
    expect(everything).toContain(id);
    for (const secret of [...SECRETS, 'someone@example.com']) expect(everything).not.toContain(secret);
    expect((await objects()).some((key) => key.includes(id))).toBe(true);
    await controller.complete(worker, id);
  });

  it('hole 32: is printed, whether it is taken or refused', async () => {
    const { id, worker } = await assigned(aBundle(), { fields: { applePassword: PASSWORD } });
    await read(id, controller.as(worker));
    await submit({ certs: aBundle([{ name: 'second.p12', data: P12 }]) });
    await controller.complete(worker, id);
    const printed = JSON.stringify(loggedEvents());
    expect(printed).toContain('certs_read');
    for (const secret of SECRETS) expect(printed).not.toContain(secret);
  });

  it('can be fetched by address: its bucket has no door', async () => {
    const { id, worker } = await assigned();
    const [key] = (await objects()).filter((name) => name.includes(id));
    const answer = await controller.request('GET', `/${controller.stack.buckets.certs}/${key}`);
    expect([answer.status, answer.body?.code]).toEqual([404, 'not_found']);
    await controller.complete(worker, id);
  });
});

describe('a mark', () => {
  it('that is gone is not brought back by looking again later', async () => {
    const { dynamo, stack } = controller;
    const marksOf = certMarks({
      client: dynamo,
      name: stack.table,
      pause: async () => {},
      chance: () => 0.5,
      recordDays: RECORD_DAYS,
    });
    const object = { buildId: 'build-1', name: 'object' };
    await marksOf.add(object, 1);
    await marksOf.postpone(object, 2);
    const own = async () => (await marks()).filter(({ sk }) => sk === 'CERTS#object');
    expect(await own()).toMatchObject([{ dueAt: 2 }]);
    await marksOf.remove(object);
    await marksOf.postpone(object, 3);
    expect(await own()).toEqual([]);
  });
});

describe('a bad bundle', () => {
  it('is a 400 that says why, and nothing is written', async () => {
    const before = [await controller.items(), await objects()];
    const answer = await submit({ certs: aBundle([{ name: '../x', data: 'x' }]) });
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'Certs file refused: entry leaves the folder', code: 'invalid_certs', requestId: expect.any(String) },
    ]);
    const json = { platform: 'ios', upload_id: 'u', profiles: [PROFILE.toString('base64')] };
    const alone = await controller.request('POST', '/api/builds', { headers: controller.key, json });
    expect([alone.status, alone.body.code]).toEqual([400, 'invalid_certs']);
    for (const certs of ['no base64!', 'abc', 'ab=c', 7]) {
      const other = await controller.request('POST', '/api/builds', {
        headers: controller.key,
        json: { ...json, certs },
      });
      expect([other.status, other.body.error]).toEqual([400, 'certs must be base64']);
    }
    expect([await controller.items(), await objects()]).toEqual(before);
  });

  it('hole 8: a profile alone, which was never read, hangs no request', async () => {
    const answer = await submit({ profile: PROFILE });
    expect(answer.status).toBe(200);
    await cancel(answer.body.id);
  });
});
