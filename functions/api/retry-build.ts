import * as z from 'zod/mini';
import { retryBuild } from '../../lib/app/retry-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireBuildAccess } from '../../lib/runtime/auth.ts';
import { builds, clock, files, logs, openTable, queues, report, secrets } from '../../lib/runtime/container.ts';
import { FILES, QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';
import { submittedView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...QUEUES, ...FILES]);
const table = openTable(env);
const stores = { builds: builds(table), logs: logs(table), queue: queues(env), files: files(env) };
const deps = { ...stores, secrets, clock, report };

export const handler = api(
  { input: z.object({ id }), admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY) },
  async (input, { headers }) => {
    const original = await requireBuildAccess(deps.builds, headers, env.CONTROLLER_API_KEY, input.id);
    const { build, token } = await retryBuild(deps, original);
    return { status: 200, body: { ...submittedView(build, token), original_build_id: original.id } };
  },
);
