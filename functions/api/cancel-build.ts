import * as z from 'zod/mini';
import { cancelBuild } from '../../lib/app/cancel-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireBuildAccess } from '../../lib/runtime/auth.ts';
import { builds, clock, openTable, report } from '../../lib/runtime/container.ts';
import { TABLE, readEnv } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';

const env = readEnv(TABLE);
const deps = { builds: builds(openTable(env)), clock, report };

export const handler = api(
  { input: z.object({ id }), admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY) },
  async (input, { headers }) => {
    const build = await requireBuildAccess(deps.builds, headers, env.CONTROLLER_API_KEY, input.id);
    await cancelBuild(deps, build);
    return { status: 200, body: { success: true, status: 'cancelled' } };
  },
);
