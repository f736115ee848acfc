import * as z from 'zod/mini';
import { assignBuild } from '../../lib/app/assign-build.ts';
import { authenticateWorker } from '../../lib/app/authenticate-worker.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireWorkerCredentials } from '../../lib/runtime/auth.ts';
import * as container from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';
import { pollView } from '../../lib/runtime/worker-views.ts';

const env = readEnv([
  'TABLE_NAME',
  'DYNAMODB_ENDPOINT',
  'QUEUE_URL_IOS',
  'QUEUE_URL_ANDROID',
  'SQS_ENDPOINT',
  'FIRST_LEASE_SECONDS',
  'LEASE_SECONDS',
  'MAX_ATTEMPTS',
]);
const { clock, chance, report, secrets } = container;
const table = container.openTable(env);
const stores = { builds: container.builds(table), workers: container.workers(table), queue: container.queues(env) };
const deps = { ...stores, secrets, clock, chance, report };

export const handler = api(z.object({ worker_id: z.optional(id) }), async (input, { headers }) => {
  const credentials = requireWorkerCredentials(headers, env.CONTROLLER_API_KEY, input.worker_id);
  const { worker, tokenHash, isToken } = await authenticateWorker(deps, credentials);
  const answer = await assignBuild(deps, worker, tokenHash, container.leases(env));
  return { status: 200, body: pollView(answer, isToken ? headers['x-worker-token'] : undefined, env) };
});
