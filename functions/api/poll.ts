import * as z from 'zod/mini';
import { assignBuild } from '../../lib/app/assign-build.ts';
import { authenticateWorker } from '../../lib/app/authenticate-worker.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireWorkerCredentials } from '../../lib/runtime/auth.ts';
import {
  builds,
  chance,
  clock,
  leases,
  openTable,
  queues,
  report,
  secrets,
  workers,
} from '../../lib/runtime/container.ts';
import { LEASES, QUEUES, TABLE, readEnv } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';
import { pollView } from '../../lib/runtime/worker-views.ts';

const env = readEnv([...TABLE, ...QUEUES, ...LEASES]);
const table = openTable(env);
const stores = { builds: builds(table), workers: workers(table), queue: queues(env) };
const deps = { ...stores, secrets, clock, chance, report };

export const handler = api(
  {
    input: z.object({ worker_id: z.optional(id) }),
    admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY),
  },
  async (input, { headers }) => {
    const credentials = requireWorkerCredentials(headers, env.CONTROLLER_API_KEY, input.worker_id);
    const { worker, tokenHash, isToken } = await authenticateWorker(deps, credentials);
    const answer = await assignBuild(deps, worker, tokenHash, leases(env));
    return { status: 200, body: pollView(answer, isToken ? headers['x-worker-token'] : undefined, env) };
  },
);
