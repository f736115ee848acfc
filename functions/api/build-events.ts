import * as z from 'zod/mini';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireBuildAccess } from '../../lib/runtime/auth.ts';
import { builds, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';

const env = readEnv(TABLE);
const store = builds(openTable(env));

export const handler = api(
  { input: z.object({ id }), admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY) },
  async (input, { headers }) => {
    const build = await requireBuildAccess(store, headers, env.CONTROLLER_API_KEY, input.id);
    return { status: 200, body: { build_id: build.id, events: await store.events(build) } };
  },
);
