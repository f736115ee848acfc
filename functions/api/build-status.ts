import * as z from 'zod/mini';
import { api } from '../../lib/runtime/api.ts';
import { requireBuildAccess } from '../../lib/runtime/auth.ts';
import { builds, openTable } from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';
import { statusView } from '../../lib/runtime/views.ts';

const env = readEnv(['TABLE_NAME', 'DYNAMODB_ENDPOINT', 'MAX_ATTEMPTS']);
const store = builds(openTable(env));

export const handler = api(z.object({ id }), async (input, { headers }) => {
  const build = await requireBuildAccess(store, headers, env.CONTROLLER_API_KEY, input.id);
  return { status: 200, body: statusView(build, env.MAX_ATTEMPTS) };
});
