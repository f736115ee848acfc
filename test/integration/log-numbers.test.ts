import { afterAll, beforeAll, expect, it } from 'vitest';
import { logMark } from '../../lib/domain/log-line.ts';
import { type Controller, startController, type TestBuild, type TestWorker } from '../support/controller.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

interface Held {
  readonly build: TestBuild;
  readonly worker: TestWorker;
}

function send({ build, worker }: Held, firstLine: unknown, messages: readonly string[], attempt: number = 1) {
  const logs = messages.map((message) => ({ level: 'info', message }));
  const json = { attempt, first_line: firstLine, logs };
  return controller.request('POST', `/api/builds/${build.id}/logs`, { headers: controller.as(worker), json });
}

async function lines({ build }: Held): Promise<string[]> {
  const headers = { 'x-build-token': build.token };
  const { body } = await controller.request('GET', `/api/builds/${build.id}/logs`, { headers });
  return body.logs.map(({ message }: { message: string }) => message).slice(1);
}

it('lines that are sent again because the answer was lost are kept once', async () => {
  const held = await controller.assigned('android');
  const said = { success: true, count: 2 };
  for (let count = 0; count < 3; count++) expect((await send(held, 0, ['a', 'b'])).body).toEqual(said);
  expect((await send(held, 2, ['c'])).status).toBe(200);
  // A copy that was under way for long.
  expect((await send(held, 0, ['a', 'b'])).body).toEqual(said);
  expect(await lines(held)).toEqual(['a', 'b', 'c']);
});

it('a call that is stored in several parts is kept once, too, and what was missing of it is added', async () => {
  const held = await controller.assigned('android');
  const long = Array.from({ length: 60 }, (_, at) => `${at} ${'y'.repeat(16_000)}`);
  // As if the controller had died after the first part.
  await send(held, 0, long.slice(0, 15));
  for (let count = 0; count < 2; count++) expect((await send(held, 0, long)).status).toBe(200);
  expect((await send(held, 60, ['last'])).status).toBe(200);
  expect(await lines(held)).toEqual([...long, 'last']);
});

it('of ten copies at once one is kept', async () => {
  const held = await controller.assigned('android');
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(held, 0, ['once'])));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  await send(held, 1, ['after']);
  expect(await lines(held)).toEqual(['once', 'after']);
});

it('a batch whose place was taken by a call that died before it stored it is stored there by the repetition', async () => {
  const held = await controller.assigned('android');
  await send(held, 0, ['first']);
  const { logBatches, logBytes } = await controller.buildItem(held.build.id);
  const mark = { logMark: logMark(1, 1), logMarkBatch: logBatches + 1, logMarkStart: logBytes };
  await controller.tamperBuild(held.build.id, { ...mark, logBatches: logBatches + 1, logBytes: logBytes + 61 });
  expect((await send(held, 1, ['second'])).status).toBe(200);
  expect((await send(held, 2, ['third'])).status).toBe(200);
  expect(await lines(held)).toEqual(['first', 'second', 'third']);
});

it('each attempt numbers its own lines; those of one that is over are refused, repeated or not', async () => {
  const held = await controller.assigned('android');
  await send(held, 0, ['of the first']);
  await controller.request('POST', '/api/workers/abandon', {
    headers: controller.as(held.worker),
    json: { build_id: held.build.id, attempt: 1 },
  });
  expect((await controller.poll(held.worker)).body.job).toMatchObject({ id: held.build.id, attempt: 2 });
  expect((await send(held, 0, ['of the second'], 2)).status).toBe(200);
  expect((await send(held, 0, ['of the first'])).status).toBe(409);
  expect((await send(held, 1, ['late'])).status).toBe(409);
  expect(await lines(held)).toEqual(['of the first', 'of the second']);
});

it('after the end a repeated call is refused as any other', async () => {
  const held = await controller.assigned('android');
  await send(held, 0, ['a']);
  await controller.complete(held.worker, held.build.id);
  expect((await send(held, 0, ['a'])).status).toBeGreaterThanOrEqual(409);
});

it('without the attempt a number means nothing', async () => {
  const held = await controller.assigned('android');
  const json = { first_line: 0, logs: [{ level: 'info', message: 'x' }] };
  const options = { headers: controller.as(held.worker), json };
  for (let count = 0; count < 2; count++)
    expect((await controller.request('POST', `/api/builds/${held.build.id}/logs`, options)).status).toBe(200);
  expect(await lines(held)).toEqual(['x', 'x']);
});

it.each([-1, 1.5, '0', 1e9, null])('%j is no number of a line', async (firstLine) => {
  const held = await controller.assigned('android');
  const before = await controller.items();
  const { status, body } = await send(held, firstLine, ['x']);
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  expect(await controller.items()).toEqual(before);
});
