import { randomBytes } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const post = (path: string, headers: Record<string, string>, json: object = {}) =>
  controller.request('POST', path, { headers, json });

async function typesOf(buildId: string): Promise<string[]> {
  const { body } = await controller.request('GET', `/api/builds/${buildId}/events`, { headers: controller.key });
  return body.events.map(({ type, attempt }: { type: string; attempt: number }) => `${attempt} ${type}`);
}

describe('retrying', () => {
  const retry = (id: string, headers: Record<string, string> = controller.key) =>
    post(`/api/builds/${id}/retry`, headers);
  const under = (key: string) => ({ ...controller.key, 'idempotency-key': key });
  async function failed() {
    const { build, worker } = await controller.assigned();
    await post('/api/workers/fail', controller.as(worker), { build_id: build.id, error: 'flaky' });
    return { build, worker };
  }

  it('makes a new build of the same source, linked both ways, and answers it again while it lasts', async () => {
    const { build, worker } = await failed();
    const [first, again] = [await retry(build.id, { 'x-build-token': build.token }), await retry(build.id)];
    expect(first.body).toMatchObject({ status: 'pending', original_build_id: build.id });
    expect(again.body.id).toBe(first.body.id);
    const { body } = await controller.poll(worker);
    expect(body.job.id).toBe(first.body.id);
    const source = await fetch(`${controller.url}${body.job.source_url}`, { headers: controller.as(worker) });
    expect(Buffer.from(await source.arrayBuffer())).toEqual(build.source);
    const lines = async (id: string) =>
      (await controller.request('GET', `/api/builds/${id}/logs`, { headers: controller.key })).body.logs.map(
        ({ message }: { message: string }) => message,
      );
    expect(await lines(first.body.id)).toEqual([`Build submitted (retry of ${build.id})`]);
    expect(await lines(build.id)).toEqual(['Build submitted', `Retried as build ${first.body.id}`]);
    expect(await typesOf(build.id)).toEqual(['0 submitted', '1 assigned', '1 failed', '1 retried']);
    await controller.complete(worker, first.body.id);
  });

  it('tells each of two retries in the story, in their order, however often they are sent', async () => {
    const { build, worker } = await failed();
    const ids: string[] = [];
    for (const _each of [1, 2]) {
      const [first, again] = [await retry(build.id), await retry(build.id)];
      expect(again.body.id).toBe(first.body.id);
      ids.push(first.body.id);
      expect((await controller.poll(worker)).body.job.id).toBe(first.body.id);
      await controller.complete(worker, first.body.id);
    }
    expect(new Set(ids).size).toBe(2);
    const read = async (what: 'events' | 'logs') =>
      (await controller.request('GET', `/api/builds/${build.id}/${what}`, { headers: controller.key })).body[what];
    const told = (await read('events')).filter(({ type }: { type: string }) => type === 'retried');
    expect(told.map(({ why }: { why: string }) => why)).toEqual(ids.map((id) => `as ${id}`));
    const lines = (await read('logs')).map(({ message }: { message: string }) => message);
    expect(lines.filter((line: string) => line.startsWith('Retried'))).toEqual(
      ids.map((id) => `Retried as build ${id}`),
    );
  });

  it('is one build under one Idempotency-Key, also after it has ended, and another under another or without', async () => {
    const [one, other] = [await failed(), await failed()];
    const worker = await controller.register();
    const key = under(randomBytes(8).toString('hex'));
    const first = await Promise.all([retry(one.build.id, key), retry(one.build.id, key)]);
    expect(new Set(first.map(({ body }) => body.id)).size).toBe(1);
    const { id } = first[0].body;
    expect((await controller.poll(worker)).body.job.id).toBe(id);
    await controller.complete(worker, id);
    const again = await retry(one.build.id, key);
    expect([again.status, again.body]).toMatchObject([
      200,
      { id, status: 'completed', original_build_id: one.build.id },
    ]);
    const headers = { 'x-build-token': again.body.access_token };
    expect((await controller.request('GET', `/api/builds/${id}/status`, { headers })).status).toBe(200);
    expect((await controller.poll(worker)).body.job).toBeNull();

    const others = [
      await retry(one.build.id, under(randomBytes(8).toString('hex'))),
      await retry(other.build.id, key),
      await retry(one.build.id),
    ];
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set([id, ...others.map(({ body }) => body.id)]).size).toBe(4);
    for (const { body } of others) await post(`/api/builds/${body.id}/cancel`, controller.key);
  });

  it('is not the submit that had the same key, nor the other way round', async () => {
    const { build } = await failed();
    const [before, after] = [under(randomBytes(8).toString('hex')), under(randomBytes(8).toString('hex'))];
    const submit = (headers: Record<string, string>) => {
      const form = new FormData();
      form.append('source', new Blob([new Uint8Array(build.source)]), 'project.tar.gz');
      form.append('platform', 'ios');
      return controller.request('POST', '/api/builds', { headers, body: form });
    };
    const answers = [
      await submit(before),
      await retry(build.id, before),
      await retry(build.id, after),
      await submit(after),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(4);
    for (const { body } of answers) await post(`/api/builds/${body.id}/cancel`, controller.key);
  });

  it.each([
    ['with a space', 'two words'],
    ['too long', 'x'.repeat(256)],
  ])('refuses a key that is %s, and makes nothing', async (_what, key) => {
    const { build } = await failed();
    const { status, body } = await retry(build.id, under(key));
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(await typesOf(build.id)).toEqual(['0 submitted', '1 assigned', '1 failed']);
  });

  it('still tells a retry that an older version wrote down', async () => {
    const { build, worker } = await controller.assigned();
    await controller.complete(worker, build.id);
    const event = { type: 'retried', at: Date.now(), attempt: 1, by: 'submitter', why: 'as older' };
    const Item = marshall({ pk: `BUILD#${build.id}`, sk: 'EVENT#00001#retried', ...event });
    await controller.dynamo.send(new PutItemCommand({ TableName: controller.stack.table, Item }));
    const { body } = await retry(build.id);
    expect(await typesOf(build.id)).toEqual(['0 submitted', '1 assigned', '1 completed', '1 retried', '1 retried']);
    expect((await controller.poll(worker)).body.job.id).toBe(body.id);
    await controller.complete(worker, body.id);
  });

  it('refuses what has not finished, and what has no source any more', async () => {
    const { build, worker } = await controller.assigned();
    const early = await retry(build.id);
    expect([early.status, early.body.code]).toEqual([400, 'not_finished']);
    await controller.complete(worker, build.id);
    await controller.tamperBuild(build.id, { sourceKey: 'sources/gone' });
    const late = await retry(build.id);
    expect([late.status, late.body.error]).toEqual([
      400,
      'Original build source no longer available. Please submit a new build.',
    ]);
  });
});
