import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';
import { loggedEvents } from '../support/quiet.ts';

const rateLimits = { RATE_LIMIT_PER_KEY: 20, RATE_LIMIT_PER_ADDRESS: 40, RATE_LIMIT_FAILED_AUTH: 10 };
const NOBODY = 'k'.repeat(40);

let controller: Controller;
let nowMs = Date.now();
beforeAll(async () => {
  controller = await startController({ rateLimits, trustsProxy: true, clock: () => nowMs });
});
beforeEach(() => {
  // Whatever the last test has used up is there again.
  nowMs += 600_000;
});
afterAll(() => controller.close());

const from = (address: string, headers: Record<string, string>) => ({ ...headers, 'x-forwarded-for': address });
const statusOf = async (answer: Promise<{ status: number }>) => (await answer).status;

async function pollsFrom(address: string, { token }: TestWorker, times: number) {
  const headers = from(address, { 'x-worker-token': token });
  return Promise.all(Array.from({ length: times }, () => controller.request('GET', '/api/workers/poll', { headers })));
}

async function held() {
  const build = await controller.submit();
  const worker = await controller.register();
  expect((await controller.poll(worker)).body.job?.id).toBe(build.id);
  return { build, worker };
}

test('a flood of polls is told when to come back, and the worker’s heartbeat goes through meanwhile', async () => {
  const { build, worker } = await held();
  const answers = await pollsFrom('10.0.0.1', worker, 30);
  const refused = answers.filter(({ status }) => status === 429);
  // One was used to get the build.
  expect(refused.length).toBe(11);
  for (const { headers, body } of refused) {
    expect(headers.get('retry-after')).toBe('3');
    const error = 'More than 20 requests a minute with one key (RATE_LIMIT_PER_KEY): try again in 3 s';
    expect(body).toEqual({ error, code: 'rate_limited', requestId: headers.get('apigw-requestid') });
  }
  const beats = Array.from({ length: 50 }, () => statusOf(controller.heartbeat(worker, build.id)));
  expect(new Set(await Promise.all(beats))).toEqual(new Set([200]));
  nowMs += 3_000;
  expect((await pollsFrom('10.0.0.1', worker, 2)).map(({ status }) => status).sort()).toEqual([200, 429]);
});

test('an address is limited whatever its keys, and a submit that is refused writes nothing', async () => {
  const workers = [await controller.register(), await controller.register(), await controller.register()];
  await Promise.all(workers.map((worker) => pollsFrom('10.0.0.2', worker, 14)));
  const before = await controller.items();
  const headers = from('10.0.0.2', controller.key);
  const form = new FormData();
  form.append('platform', 'ios');
  form.append('source', new Blob([new Uint8Array(64)]), 'project.tar.gz');
  const { status, body } = await controller.request('POST', '/api/builds/submit', { headers, body: form });
  expect([status, body.code]).toEqual([429, 'rate_limited']);
  expect(body.error).toContain('RATE_LIMIT_PER_ADDRESS');
  expect(await controller.items()).toEqual(before);
  expect(await statusOf(controller.request('GET', '/api/builds', { headers: from('10.0.0.3', controller.key) }))).toBe(
    200,
  );
});

test('guessed keys are slowed down; the good key goes on, from there and from elsewhere', async () => {
  const list = (address: string, key: string) =>
    controller.request('GET', '/api/builds', { headers: from(address, { 'x-api-key': key }) });
  expect(await statusOf(list('10.0.0.4', controller.apiKey))).toBe(200);
  const statuses: number[] = [];
  for (let guess = 0; guess < 15; guess++) statuses.push(await statusOf(list('10.0.0.4', `${NOBODY}${guess}`)));
  expect(statuses).toEqual([...Array(10).fill(403), ...Array(5).fill(429)]);
  expect((await list('10.0.0.4', NOBODY)).body.error).toContain('RATE_LIMIT_FAILED_AUTH');
  expect(await statusOf(list('10.0.0.4', controller.apiKey))).toBe(200);
  expect(await statusOf(list('10.0.0.5', controller.apiKey))).toBe(200);
  expect(await statusOf(list('10.0.0.5', NOBODY))).toBe(403);
  expect(await statusOf(controller.request('GET', '/health', { headers: from('10.0.0.4', {}) }))).toBe(200);
  expect(JSON.stringify(loggedEvents())).not.toContain(NOBODY);
  nowMs += 6_000;
  expect(await statusOf(list('10.0.0.4', NOBODY))).toBe(403);
});

test('who asks first whether the body may come is refused before it does', async () => {
  const worker = await controller.register();
  await pollsFrom('10.0.0.6', worker, 21);
  const headers = { ...from('10.0.0.6', { 'x-worker-token': worker.token }), expect: '100-continue' };
  const upload = httpRequest(`${controller.url}/api/workers/upload`, { method: 'POST', headers });
  let wasToldToSend = false;
  upload.on('continue', () => {
    wasToldToSend = true;
  });
  upload.flushHeaders();
  const [answer] = (await once(upload, 'response')) as [IncomingMessage];
  upload.destroy();
  expect([answer.statusCode, wasToldToSend]).toEqual([429, false]);
});
