import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { type Controller, startController, type TestBuild } from '../support/controller.ts';
import { loggedEvents } from '../support/quiet.ts';

/** The consumer of the dead letters does not run here: what is buried lies there until somebody comes. */
let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const list = () => controller.request('GET', '/api/dead-letters', { headers: controller.key });
const redrive = () => controller.request('POST', '/api/dead-letters/redrive', { headers: controller.key, json: {} });
const NONE = { redriven: 0, deleted: 0, malformed: 0, failed: 0, may_have_more: false };

/** Takes the build's message out of its queue, and puts it where fifty receives would have put it. */
async function bury(): Promise<TestBuild> {
  const build = await controller.submit();
  const { sqs, stack } = controller;
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: stack.queueUrls.ios }));
  await controller.sendRaw('deadLetters', Messages[0]?.Body ?? '');
  await controller.purge('ios');
  return build;
}

const cli = (...args: string[]) =>
  runInside(args, {
    env: { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey },
    cwd: process.cwd(),
  });

describe('a message that was put aside', () => {
  it('is listed, moved back, polled by a worker, and its build is built', async () => {
    const build = await bury();
    const worker = await controller.register();
    expect((await controller.poll(worker)).body.job).toBeNull();
    const letter = { build_id: build.id, attempt: 0, platform: 'ios', receives: 1 };
    for (const receives of [1, 2]) {
      const { status, body } = await list();
      expect([status, body.may_have_more]).toEqual([200, false]);
      expect(body.dead_letters).toEqual([
        { ...letter, receives, message_id: expect.any(String), sent_at: expect.any(Number) },
      ]);
    }
    expect((await redrive()).body).toEqual({ ...NONE, redriven: 1 });
    expect(await controller.depth('deadLetters')).toEqual({ waiting: 0, hidden: 0 });
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
    expect((await controller.complete(worker, build.id)).status).toBe(200);
    expect((await redrive()).body).toEqual(NONE);
  });

  it('is deleted without a new one when its build was cancelled', async () => {
    const build = await bury();
    await controller.request('POST', `/api/builds/${build.id}/cancel`, { headers: controller.key, json: {} });
    expect((await redrive()).body).toEqual({ ...NONE, deleted: 1 });
    expect(await controller.depth('deadLetters')).toEqual({ waiting: 0, hidden: 0 });
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('whose old one was not deleted is one message too many, and the build is built once', async () => {
    const build = await bury();
    const [first] = (await list()).body.dead_letters;
    const { sqs, stack } = controller;
    // As after a crash between send and delete: the redrive has sent, and the letter lies there once more.
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: stack.queueUrls.deadLetters, VisibilityTimeout: 0 }),
    );
    expect(Messages[0]?.MessageId).toBe(first.message_id);
    expect((await redrive()).body).toEqual({ ...NONE, redriven: 1 });
    await controller.sendRaw('deadLetters', Messages[0]?.Body ?? '');
    expect((await redrive()).body).toEqual({ ...NONE, redriven: 1 });
    expect(await controller.depth('ios')).toEqual({ waiting: 2, hidden: 0 });
    const [one, other] = [await controller.register('one'), await controller.register('other')];
    expect((await controller.poll(one)).body.job.id).toBe(build.id);
    expect((await controller.poll(other)).body.job).toBeNull();
    expect((await controller.complete(one, build.id)).status).toBe(200);
    expect((await controller.poll(other)).body.job).toBeNull();
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });
});

describe('a message that is none of ours', () => {
  beforeEach(async () => {
    await controller.sendRaw('deadLetters', 'a body that nobody may see');
  });

  it('is listed without its content, and stays', async () => {
    expect((await redrive()).body).toEqual({ ...NONE, malformed: 1 });
    const { body, text } = await list();
    expect(body.dead_letters).toEqual([expect.objectContaining({ build_id: null, attempt: null, platform: null })]);
    expect(await controller.depth('deadLetters')).toEqual({ waiting: 1, hidden: 0 });
    expect(text + JSON.stringify(loggedEvents())).not.toContain('nobody may see');
  });
});

describe('buildlatch dlq', () => {
  it('lists, moves nothing unless it is told so, and moves', async () => {
    const build = await bury();
    const listed = await cli('dlq', 'list');
    expect([listed.code, listed.out]).toEqual([0, expect.stringContaining(`ios      ${build.id}`)]);
    expect(listed.out).toContain('cannot be read');
    const json = JSON.parse((await cli('--json', 'dlq', 'list')).out);
    expect(json.dead_letters.map((letter: { build_id: string }) => letter.build_id).sort()).toEqual(
      [null, build.id].sort(),
    );
    const unsure = await cli('dlq', 'redrive');
    expect([unsure.code, unsure.err]).toEqual([2, expect.stringContaining('--yes')]);
    expect(await controller.depth('deadLetters')).toEqual({ waiting: 2, hidden: 0 });
    const moved = await cli('dlq', 'redrive', '--yes');
    expect(moved).toMatchObject({ code: 0, err: expect.stringContaining('1 sent to the workers anew') });
    expect(moved.err).toContain('1 cannot be read and stays');
    expect(JSON.parse((await cli('--json', 'dlq', 'redrive', '--yes')).out)).toEqual({ ...NONE, malformed: 1 });
    const worker = await controller.register('by hand');
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
  });
});
