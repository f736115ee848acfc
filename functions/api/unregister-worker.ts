import * as z from 'zod/mini';
import { authenticateWorker } from '../../lib/app/authenticate-worker.ts';
import { unregisterWorker } from '../../lib/app/give-back.ts';
import { api } from '../../lib/runtime/api.ts';
import { ofWorker, requireAnyCredential, requireWorkerCredentials } from '../../lib/runtime/auth.ts';
import { builds, clock, openTable, queues, report, workers } from '../../lib/runtime/container.ts';
import { QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';

const env = readEnv([...TABLE, ...QUEUES, 'MAX_ATTEMPTS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), queue: queues(env), clock, report };

export const handler = api(
  {
    input: z.object({ worker_id: z.optional(id) }),
    admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY),
  },
  async (input, { headers }) => {
    const credentials = requireWorkerCredentials(headers, env.CONTROLLER_API_KEY, input.worker_id);
    const { worker } = await authenticateWorker(deps, ofWorker(credentials, input.worker_id));
    const reassigned = await unregisterWorker(deps, worker, env.MAX_ATTEMPTS);
    const body = { success: true, message: 'Worker unregistered', builds_reassigned: reassigned };
    return { status: 200, body };
  },
);
