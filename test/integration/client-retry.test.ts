import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/client/scripting/public.ts';
import { runInside } from '../support/cli.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';

/** A controller that answers nothing the first time it is asked: whether it has made a build nobody knows. */

const RETRY = 'POST /api/builds/:id/retry';
const ANSWER = {
  id: 'b2',
  status: 'pending',
  platform: 'ios',
  submitted_at: 1,
  access_token: 't',
  original_build_id: 'b1',
};

let fake: FakeController;
beforeEach(async () => {
  fake = await startFakeController();
  fake.on(RETRY, () => (keys().length % 2 === 1 ? { body: ANSWER, cutAfter: 5 } : { body: ANSWER }));
});
afterEach(() => fake.close());

const keys = () => fake.seen(RETRY).map(({ headers }) => headers['idempotency-key']);

async function byCommand(key?: string): Promise<void> {
  const env = { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'a-key' };
  const flags = key === undefined ? [] : ['--idempotency-key', key];
  expect(await runInside(['retry', 'b1', ...flags], { env, cwd: process.cwd() })).toMatchObject({
    code: 0,
    out: 'b2\n',
  });
}

async function byClient(idempotencyKey?: string): Promise<void> {
  const client = createClient({ url: fake.url, apiKey: 'a-key', retry: { tries: 2, baseMs: 1, maxMs: 1 } });
  expect(await client.retry('b1', { idempotencyKey })).toEqual(ANSWER);
}

describe.each([
  ['the command', byCommand],
  ['the client', byClient],
])('a retry by %s', (_by, retry) => {
  it('goes out again under the key of the first, and the next retry has another', async () => {
    await retry();
    await retry();
    const [first, again, second, repeated] = keys();
    expect([first, second]).toEqual([
      expect.stringMatching(/^[\w-]{20,255}$/),
      expect.not.stringMatching(String(first)),
    ]);
    expect([again, repeated]).toEqual([first, second]);
  });

  it('has the key that it is given', async () => {
    await retry('mine');
    expect(keys()).toEqual(['mine', 'mine']);
  });
});
