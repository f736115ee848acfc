import { readWorker } from '../../lib/app/read-worker.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, openTable, quarantineOf, workers } from '../../lib/runtime/container.ts';
import { QUARANTINE, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { NamedWorker } from '../../lib/runtime/inputs/workers.ts';
import { workerStatsView } from '../../lib/runtime/worker-views.ts';

const env = readEnv([...TABLE, ...QUARANTINE]);
const table = openTable(env);
const store = workers(table);

export const handler = api(
  { access: 'worker-stats', gate: gate(env, table), input: NamedWorker },
  async ({ worker_id }) => ({
    status: 200,
    body: workerStatsView(await readWorker(store, worker_id), clock(), quarantineOf(env)),
  }),
);
