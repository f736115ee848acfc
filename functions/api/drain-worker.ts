import { drainWorker } from '../../lib/app/drain-worker.ts';
import { api } from '../../lib/runtime/api.ts';
import { gate, openTable, report, workers } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Draining } from '../../lib/runtime/inputs/workers.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const deps = { workers: workers(table), report };

export const handler = api(
  { access: 'drain-worker', gate: gate(env, table), input: Draining },
  async ({ worker_id: workerId, draining }) => {
    await drainWorker(deps, workerId, draining);
    return { status: 200, body: { success: true, draining } };
  },
);
