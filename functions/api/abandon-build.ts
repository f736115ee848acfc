import * as z from 'zod/mini';
import { abandonBuild } from '../../lib/app/give-back.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, openTable, queues, report, workers } from '../../lib/runtime/container.ts';
import { QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { attempt, id } from '../../lib/runtime/fields.ts';

const env = readEnv([...TABLE, ...QUEUES, 'MAX_ATTEMPTS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), queue: queues(env), clock, report };

export const handler = api(
  {
    input: z.object({ build_id: id, worker_id: z.optional(id), attempt }),
    admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY),
  },
  async (input, { headers }) => {
    const claim = requireClaim(headers, env.CONTROLLER_API_KEY, input);
    await abandonBuild(deps, input.build_id, claim, env.MAX_ATTEMPTS);
    return { status: 200, body: { success: true, message: 'Build requeued successfully' } };
  },
);
