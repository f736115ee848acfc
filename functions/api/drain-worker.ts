import * as z from 'zod/mini';
import { drainWorker } from '../../lib/app/drain-worker.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireApiKey } from '../../lib/runtime/auth.ts';
import { openTable, report, workers } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';

const env = readEnv(TABLE);
const deps = { workers: workers(openTable(env)), report };

export const handler = api(
  {
    input: z.object({ worker_id: id, draining: z._default(z.boolean('draining must be true or false'), true) }),
    admit: (headers) => requireApiKey(headers, env.CONTROLLER_API_KEY),
  },
  async ({ worker_id: workerId, draining }) => {
    await drainWorker(deps, workerId, draining);
    return { status: 200, body: { success: true, draining } };
  },
);
