import { unregisterWorker } from '../../lib/app/give-back.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, openTable, queues, report, workers } from '../../lib/runtime/container.ts';
import { QUEUES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { AWorker } from '../../lib/runtime/inputs/workers.ts';

const env = readEnv([...RECORDS, ...QUEUES, 'MAX_ATTEMPTS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), queue: queues(env), clock, report };

export const handler = api(
  { access: 'unregister-worker', gate: gate(env, table), input: AWorker },
  async (_input, { worker, tokenHash }) => {
    const reassigned = await unregisterWorker(deps, worker, tokenHash, env.MAX_ATTEMPTS);
    const body = { success: true, message: 'Worker unregistered', builds_reassigned: reassigned };
    return { status: 200, body };
  },
);
