import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/client/scripting/public.ts';
import { runInside } from '../support/cli.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';

/** A list goes on as its links say: a page may be empty and still have a next one. */

let fake: FakeController;
beforeEach(async () => {
  fake = await startFakeController();
});
afterEach(() => fake.close());

const item = (id: string) => ({ id, status: 'completed', platform: 'ios', labels: [], priority: 0 });

/** What is answered behind each cursor, and where it goes on. */
function serve(pages: Readonly<Record<string, { ids: readonly string[]; next?: string }>>): void {
  fake.on('GET /api/builds', ({ query }) => {
    const { ids = [], next } = pages[query.get('cursor') ?? ''] ?? {};
    const headers = { ...(next !== undefined && { link: `</api/builds?cursor=${next}>; rel="next"` }) };
    return { headers, body: ids.map(item) };
  });
}

const listed = async (...args: string[]) => {
  const env = { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'a-key' };
  const { out, err } = await runInside(['list', '--json', ...args], { env, cwd: process.cwd() });
  return { ids: JSON.parse(out).map(({ id }: { id: string }) => id), err };
};

async function walked(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of createClient({ url: fake.url, apiKey: 'a-key' }).builds()) ids.push(id);
  return ids;
}

describe.each([
  ['the command', async () => (await listed('--all')).ids],
  ['the client', walked],
])('a list by %s', (_by, list) => {
  it('goes on past pages on which nothing was found', async () => {
    serve({
      '': { ids: [], next: '1' },
      '1': { ids: ['a'], next: '2' },
      '2': { ids: [], next: '3' },
      '3': { ids: ['b'] },
    });
    expect(await list()).toEqual(['a', 'b']);
  });

  it('ends at a link that leads to its own page', async () => {
    serve({ '': { ids: ['a'], next: '1' }, '1': { ids: ['b'], next: '1' } });
    expect(await list()).toEqual(['a', 'b']);
  });
});

it('the command says where a list goes on that is long enough', async () => {
  serve({ '': { ids: [], next: '1' }, '1': { ids: ['a', 'b'], next: '2' } });
  expect(await listed('--limit', '2')).toEqual({ ids: ['a', 'b'], err: 'There are more: --cursor 2, or --all\n' });
});
