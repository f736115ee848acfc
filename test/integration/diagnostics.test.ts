import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';

describe("a worker's report about its machine", () => {
  let controller: Controller;
  let worker: string;
  beforeAll(async () => {
    controller = await startController();
    worker = (await controller.register()).id;
  });
  afterAll(() => controller.close());

  const check = {
    name: 'disk_space',
    status: 'fail',
    message: '12 GB free',
    duration_ms: 3,
    auto_fixed: false,
    details: { free: '12 GB' },
  };
  const report = {
    worker_id: '',
    status: 'critical',
    run_at: 1_700_000_000_000,
    duration_ms: 1234,
    auto_fixed: true,
    checks: [check],
  };
  const send = (json: object) =>
    controller.request('POST', '/api/diagnostics/report', { headers: controller.key, json: { ...report, ...json } });
  const read = (path: string) => controller.request('GET', `/api/diagnostics/${path}`, { headers: controller.key });

  it('is stored with the time of the controller, and read back as it was, newest first', async () => {
    const sentAt = Date.now();
    const answers = [
      await send({ worker_id: worker }),
      await send({ worker_id: worker, status: 'healthy', checks: [] }),
    ];
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([200, { id: expect.any(String), status: 'stored' }]);
    }
    const { body } = await read(worker);
    expect(body).toEqual({ worker_id: worker, reports: [expect.anything(), expect.anything()] });
    const [newest, first] = body.reports;
    expect(first).toEqual({ ...report, worker_id: worker, id: answers[0]?.body.id, run_at: first.run_at });
    expect(first.run_at).toBeGreaterThanOrEqual(sentAt);
    expect([newest.id, newest.status, newest.checks]).toEqual([answers[1]?.body.id, 'healthy', []]);
    expect((await read(`${worker}/latest`)).body).toEqual(newest);
    expect((await read(`${worker}?limit=1`)).body.reports).toEqual([newest]);
  });

  it('leaves after a month', async () => {
    const stored = (await controller.items()).filter(({ sk }) => sk.startsWith('DIAGNOSTICS#'));
    expect(stored.length).toBeGreaterThan(0);
    for (const { runAt, expiresAt } of stored) expect(expiresAt).toBe(Math.floor(runAt / 1000) + 30 * 86_400);
  });

  const MISSING = 'Missing required fields: worker_id, status, duration_ms, checks';
  it.each([
    [{ worker_id: undefined }, 400, MISSING],
    [{ status: undefined }, 400, MISSING],
    [{ duration_ms: undefined }, 400, MISSING],
    [{ checks: undefined, status: 'odd' }, 400, MISSING],
    [{ status: 'odd' }, 400, 'Invalid status. Must be: healthy, warning, or critical'],
    [{ checks: {} }, 400, 'checks must be an array'],
    [{ worker_id: 'nobody' }, 404, 'Worker not found'],
  ])('is refused in the words of old: %j', async (bad, status, error) => {
    const before = await controller.items();
    const answer = await send({ worker_id: worker, ...bad });
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(await controller.items()).toEqual(before);
  });

  it('is asked for in vain where there is none, or no such worker', async () => {
    const other = (await controller.register('other')).id;
    expect((await read(other)).body).toEqual({ worker_id: other, reports: [] });
    for (const [path, error] of [
      [`${other}/latest`, 'No diagnostic reports found'],
      ['nobody', 'Worker not found'],
      ['nobody/latest', 'Worker not found'],
    ]) {
      const answer = await read(path ?? '');
      expect([answer.status, answer.body.error]).toEqual([404, error]);
    }
    for (const limit of ['0', '101', 'x']) expect((await read(`${worker}?limit=${limit}`)).status).toBe(400);
  });

  it('is masked like a log: the key it came with, tokens, and what a detail’s name says is a secret', async () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const details = { password: 'correct-horse', free: '12 GB', key: controller.apiKey };
    const shown = { ...check, name: `token ${token}`, message: `sent X-API-Key: ${controller.apiKey}`, details };
    await send({ worker_id: worker, checks: [shown] });
    const [stored] = (await read(`${worker}/latest`)).body.checks;
    expect(stored.name).toBe('token [masked]');
    expect(stored.message).toBe('sent X-API-Key: [masked]');
    expect(stored.details).toEqual({ password: '[masked]', free: '12 GB', key: '[masked]' });
  });

  it('is bounded: long texts are cut, checks that make no sense are left out', async () => {
    const long = '漢'.repeat(600);
    const details = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`${at}${long}`, long]));
    const checks = Array.from({ length: 40 }, () => ({ ...check, name: long, message: long, details }));
    expect((await send({ worker_id: worker, checks })).status).toBe(200);
    const stored = (await read(`${worker}/latest`)).body.checks;
    expect([stored.length, stored[0].message.length, Object.keys(stored[0].details).length]).toEqual([30, 500, 10]);
    const odd = [
      7,
      null,
      'x',
      {},
      { ...check, status: 'odd' },
      { name: 'n', status: 'pass', details: { a: 1, b: {} } },
    ];
    expect((await send({ worker_id: worker, checks: odd })).status).toBe(200);
    expect((await read(`${worker}/latest`)).body.checks).toEqual([
      { name: 'n', status: 'pass', message: '', duration_ms: 0, auto_fixed: false, details: { a: '1' } },
    ]);
  });
});
