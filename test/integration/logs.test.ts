import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logStore } from '../../lib/adapters/dynamo/log-store.ts';
import type { LogLine } from '../../lib/domain/log-line.ts';
import { type Controller, startController, type TestBuild, type TestWorker } from '../support/controller.ts';
import { LOG_SIZES, RECORD_DAYS } from '../support/settings.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const path = ({ id }: TestBuild) => `/api/builds/${id}/logs`;
const post = (build: TestBuild, worker: TestWorker, body: string) =>
  controller.request('POST', path(build), { headers: controller.as(worker), body });
async function read(build: TestBuild, query = '') {
  const answer = await controller.request('GET', `${path(build)}${query}`, {
    headers: { 'x-build-token': build.token },
  });
  expect(answer.status, answer.text.slice(0, 200)).toBe(200);
  return answer.body as { logs: LogLine[]; next_cursor?: string; is_final: boolean };
}
const texts = ({ logs }: { logs: LogLine[] }) => logs.map(({ message }) => message);

/** 250 lines of a kilobyte: the most that is stored together. */
const batch = (number: number) =>
  Array.from({ length: 250 }, (_, at) => ({ level: 'info', message: `${number}.${at} ${'x'.repeat(960)}` }));
const short = (message: string) => message.slice(0, 12).trim();

describe('the log of a build', () => {
  it('keeps what the old scripts send, whatever it is, in its order', async () => {
    const { build, worker } = await controller.assigned('android');
    const bodies = [
      '{"level":"info","message":"\u001b[31mred\u001b[0m and "quoted""}',
      '{"logs":[{"level":"info","message":"one\ntwo"},{"level":"loud","message":"left out"},{"level":"warn","message":"\\d"}]}',
      'no JSON at all',
    ];
    const answers = [];
    for (const body of bodies) answers.push(await post(build, worker, body));
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, { success: true }],
      [200, { success: true, count: 2 }],
      [200, { success: true, count: 1 }],
    ]);
    const wanted = ['Build submitted', '\u001b[31mred\u001b[0m and "quoted"', 'one\ntwo', '\\d', 'no JSON at all'];
    expect(texts(await read(build))).toEqual(wanted);
  });

  it('takes a batch of any size, and more than is stored together', async () => {
    const { build, worker } = await controller.assigned('android');
    const lines = Array.from({ length: 60 }, (_, at) => ({ level: 'info', message: `${at} ${'y'.repeat(16_000)}` }));
    const { status, body } = await post(build, worker, JSON.stringify({ logs: lines }));
    expect([status, body]).toEqual([200, { success: true, count: 60 }]);
    expect(texts(await read(build)).slice(1)).toEqual(lines.map(({ message }) => message));
  });

  it('never shows what the caller proved itself with, nor what looks like a token', async () => {
    const { build, worker } = await controller.assigned('android');
    const token = ['ghp', 'A1b2'.repeat(9)].join('_');
    const message = `${worker.token} ${controller.apiKey} ${token}`;
    await post(build, worker, JSON.stringify({ level: 'info', message }));
    await post(build, worker, `not JSON ${worker.token}`);
    const stored = JSON.stringify((await controller.items()).filter(({ pk }) => pk === `BUILD#${build.id}`));
    for (const secret of [worker.token, controller.apiKey, token]) expect(stored.includes(secret)).toBe(false);
    expect(texts(await read(build)).slice(1)).toEqual(['[masked] [masked] [masked]', 'not JSON [masked]']);
  });

  it('never shows a token of the build, whoever has it, and shows a checksum as it is', async () => {
    const build = await controller.submit('android');
    const worker = await controller.register('worker', ['android']);
    const { otp } = (await controller.poll(worker)).body.job;
    const lines = [`OTP=${otp}`, `wget --header X-Build-Token:${build.token}`, 'x'.repeat(43), 'a1'.repeat(32)];
    await post(build, worker, JSON.stringify({ logs: lines.map((message) => ({ level: 'info', message })) }));
    const shown = ['OTP=[masked]', 'wget --header X-Build-Token:[masked]', lines[2], lines[3]];
    expect(texts(await read(build)).slice(1)).toEqual(shown);
    // Nothing else tells that the first is one: it is known by its hash.
    await post(build, worker, JSON.stringify({ level: 'info', message: `${otp} ${build.token}.` }));
    expect(texts(await read(build)).at(-1)).toBe('[masked] [masked].');
  });

  it('begins with as many lines as one of the old controllers was asked for', async () => {
    const { build, worker } = await controller.assigned('android');
    await post(build, worker, JSON.stringify({ logs: batch(1) }));
    expect(texts(await read(build, '?limit=2')).map(short)).toEqual(['Build submit', '1.0 xxxxxxxx']);
    expect(await read(build, '?limit=1000')).toEqual(await read(build));
    for (const limit of ['0', '-1', 'x']) {
      const bad = await controller.request('GET', `${path(build)}?limit=${limit}`, { headers: controller.key });
      expect(bad.status).toBe(400);
    }
  });

  it('comes packed to who can unpack it, and plain to who cannot', async () => {
    const { build, worker } = await controller.assigned('android');
    await post(build, worker, JSON.stringify({ logs: batch(1) }));
    const ask = async (encoding: string) => {
      const headers = { ...controller.key, 'accept-encoding': encoding };
      const answer = await fetch(`${controller.url}${path(build)}`, { headers });
      return { encoding: answer.headers.get('content-encoding'), text: await answer.text() };
    };
    const [packed, plain, refused] = [await ask('br, gzip;q=0.5'), await ask('identity'), await ask('gzip;q=0')];
    expect([packed.encoding, plain.encoding, refused.encoding]).toEqual(['gzip', null, null]);
    expect(packed.text).toBe(plain.text);
  });
});

describe('a log beyond its limit', () => {
  let build: TestBuild;
  let worker: TestWorker;
  /** As the old command line follows: the whole list again, from behind the lines it has shown. */
  const followed: string[] = [];
  const cursors: string[] = [];
  let cursor: string | undefined;
  async function follow() {
    followed.push(...texts(await read(build)).slice(followed.length));
    const page = await read(build, `?cursor=${cursor ?? 0}`);
    cursors.push(...texts(page));
    cursor = page.next_cursor;
  }
  const LAST = 30;

  beforeAll(async () => {
    ({ build, worker } = await controller.assigned('android'));
    for (let number = 1; number <= LAST; number++) {
      expect((await post(build, worker, JSON.stringify({ logs: batch(number) }))).status).toBe(200);
      if (number % 3 === 0) await follow();
    }
  });

  it('shows its beginning while the build runs, and that there is more', async () => {
    const lines = texts(await read(build));
    const kept = Math.ceil(LOG_SIZES.headBytes / (250 * 1024));
    expect(lines.at(-2)).toContain(`${kept}.249 `);
    expect(lines.at(-1)).toBe(
      'The log has passed 3 MiB: of what follows only the newest 1 MiB is kept, and shown here when the build has ended',
    );
    expect(lines).toHaveLength(kept * 250 + 2);
    expect(followed).toEqual(lines);
  });

  it('is followed to its newest line behind a cursor', () => {
    expect(cursors.at(-1)).toContain(`${LAST}.249 `);
    expect(new Set(cursors).size).toBe(cursors.length);
    const all = Array.from({ length: LAST }, (_, at) => batch(at + 1).map(({ message }) => message)).flat();
    expect(cursors.filter((line) => / x+$/.test(line))).toEqual(all);
  });

  it('shows its newest part behind the beginning when the build has ended, and how much is missing', async () => {
    await controller.complete(worker, build.id);
    await follow();
    const lines = texts(await read(build));
    expect(followed).toEqual(lines);
    expect(lines.at(-1)).toContain(`${LAST}.249 `);
    const gap = lines.findIndex((line) => /^\d+ bytes of the log are not kept here$/.test(line));
    const [before, after] = [lines[gap - 2] ?? '', lines[gap + 1] ?? ''];
    const missing = (Number.parseInt(after, 10) - Number.parseInt(before, 10) - 1) * 250;
    const size = Number.parseInt(lines[gap] ?? '', 10);
    expect([size / missing > 1000, size / missing < 1030]).toEqual([true, true]);
    const tail = lines.slice(gap + 1).reduce((sum, line) => sum + line.length, 0);
    expect([tail <= LOG_SIZES.tailBytes, tail > LOG_SIZES.tailBytes - 300 * 1024]).toEqual([true, true]);
  });

  it('does not move any more when the build is tried again', async () => {
    const before = texts(await read(build));
    const retry = await controller.request('POST', `/api/builds/${build.id}/retry`, { headers: controller.key });
    expect(texts(await read(build))).toEqual([...before, `Retried as build ${retry.body.id}`]);
    expect((await read({ ...build, id: retry.body.id, token: retry.body.access_token })).logs[0]?.message).toBe(
      `Build submitted (retry of ${build.id})`,
    );
    await controller.request('POST', `/api/builds/${retry.body.id}/cancel`, { headers: controller.key });
  });

  it('fits what a Lambda function may answer', async () => {
    const { text } = await controller.request('GET', path(build), { headers: controller.key });
    expect(text.length).toBeGreaterThan(LOG_SIZES.headBytes);
    expect((text.length * 4) / 3).toBeLessThan(6_291_556 - 4_096);
  });
});

describe('a log of many calls beyond its limit', () => {
  it('keeps the newest thousand, whatever the controller adds later', async () => {
    const { build, worker } = await controller.assigned('android');
    const { stack, dynamo } = controller;
    const logs = logStore(
      { client: dynamo, name: stack.table, pause: wait, chance: Math.random, recordDays: RECORD_DAYS },
      LOG_SIZES,
    );
    const now = Date.now();
    const line = (message: string): LogLine => ({ timestamp: now, level: 'info', message });
    const append = (message: string) => logs.append(build.id, { workerId: worker.id }, [line(message)], now);
    const readAll = (later: number) => logs.read(build.id, 0, { now: now + later, hasTail: true });
    await append('first');
    await controller.tamperBuild(build.id, { logBytes: LOG_SIZES.headBytes });
    await append('ends the beginning');
    expect((await readAll(0)).lines.map(({ message }) => message).slice(0, 2)).toEqual(['first', 'ends the beginning']);
    await append('third');
    await append('fourth');
    // As if 998 calls had come since.
    await controller.tamperBuild(build.id, { logBatches: 1_002 });
    await append('newest');
    const { lines } = await readAll(60_000);
    const missing = [/^\d+ bytes of the log are not kept here$/, /^Lines are missing here/].map((text) =>
      expect.stringMatching(text),
    );
    const shown = ['first', 'ends the beginning', expect.anything(), missing[0], 'fourth', missing[1], 'newest'];
    expect(lines.map(({ message }) => message)).toEqual(shown);
    const notes = Array.from({ length: 24 }, (_, at) => line(`note ${at}`));
    for (const note of notes) await logs.note(build.id, note);
    expect((await readAll(60_000)).lines).toEqual([...lines, ...notes]);
  });

  it('waits for lines whose place is taken, and goes past them when they do not come', async () => {
    const { build, worker } = await controller.assigned('android');
    const { stack, dynamo } = controller;
    const logs = logStore(
      { client: dynamo, name: stack.table, pause: wait, chance: Math.random, recordDays: RECORD_DAYS },
      LOG_SIZES,
    );
    const now = Date.now();
    const append = (message: string) =>
      logs.append(build.id, { workerId: worker.id }, [{ timestamp: now, level: 'info', message }], now);
    const readAt = async (later: number) => {
      const page = await logs.read(build.id, 0, { now: now + later, hasTail: true });
      return { texts: page.lines.map(({ message }) => message), hasMore: page.hasMore };
    };
    await controller.tamperBuild(build.id, { logBytes: LOG_SIZES.headBytes });
    await append('a');
    await append('b');
    const { logBatches } = await controller.buildItem(build.id);
    await controller.tamperBuild(build.id, { logBatches: logBatches + 1 });
    await append('d');
    const beginning = ['a', expect.stringContaining('passed'), 'b'];
    expect(await readAt(9_999)).toEqual({ texts: beginning, hasMore: true });
    const gap = expect.stringContaining('Lines are missing here');
    expect(await readAt(10_000)).toEqual({ texts: [...beginning, gap, 'd'], hasMore: false });
  });

  it('what a worker says of a failure is masked as its lines are, by either way of saying it', async () => {
    for (const path of ['/api/workers/fail', '/api/workers/result']) {
      const build = await controller.submit();
      const worker = await controller.register();
      await controller.poll(worker);
      const words = `upload with ${worker.token} and password=hunter2hunter2 refused`;
      const json = { build_id: build.id, success: false, error: words, error_message: words };
      expect((await controller.request('POST', path, { headers: controller.as(worker), json })).status).toBe(200);
      const { error_message } = await controller.status(build.id);
      expect(error_message).toMatch(/^upload with .* refused$/);
      expect(error_message).not.toContain(worker.token);
      expect(error_message).not.toContain('hunter2');
    }
  });
});
