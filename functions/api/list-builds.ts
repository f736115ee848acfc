import * as z from 'zod/mini';
import { api } from '../../lib/runtime/api.ts';
import { requireApiKey } from '../../lib/runtime/auth.ts';
import { index, openTable } from '../../lib/runtime/container.ts';
import { TABLE, readEnv } from '../../lib/runtime/env.ts';
import { digits } from '../../lib/runtime/fields.ts';
import { listView } from '../../lib/runtime/views.ts';

const env = readEnv(TABLE);
const builds = index(openTable(env));
const Page = z.object({
  limit: z._default(digits('must be a whole number').check(z.gte(1), z.lte(100)), 100),
  cursor: z.optional(z.string()),
});

export const handler = api(
  { input: Page, admit: (headers) => requireApiKey(headers, env.CONTROLLER_API_KEY) },
  async ({ limit, cursor }, { path }) => {
    const page = await builds.list(limit, cursor);
    // The list itself is a bare array: the old command line takes nothing else. The next page is in the header.
    const next =
      page.next && `<${path}?${new URLSearchParams({ limit: String(limit), cursor: page.next })}>; rel="next"`;
    return { status: 200, ...(next && { headers: { link: next } }), body: page.builds.map(listView) };
  },
);
