import { revokeWorker } from '../../lib/app/revoke-worker.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, openTable, queues, report, workers } from '../../lib/runtime/container.ts';
import { QUEUES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { NamedWorker } from '../../lib/runtime/inputs/workers.ts';

const env = readEnv([...RECORDS, ...QUEUES, 'MAX_ATTEMPTS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), queue: queues(env), clock, report };

export const handler = api(
  { access: 'revoke-worker', gate: gate(env, table), input: NamedWorker },
  async ({ worker_id: workerId }, { key }) => {
    const reassigned = await revokeWorker(deps, workerId, env.MAX_ATTEMPTS, key);
    return { status: 200, body: { success: true, builds_reassigned: reassigned } };
  },
);
