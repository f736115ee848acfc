import { readLatestReport } from '../../lib/app/diagnostics.ts';
import { api } from '../../lib/runtime/api.ts';
import { diagnostics, gate, openTable, workers } from '../../lib/runtime/container.ts';
import { reportView } from '../../lib/runtime/diagnostics-views.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { NamedWorker } from '../../lib/runtime/inputs/workers.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const deps = { workers: workers(table), diagnostics: diagnostics(table) };

export const handler = api(
  { access: 'latest-diagnostics', gate: gate(env, table), input: NamedWorker },
  async ({ worker_id }) => ({ status: 200, body: reportView(await readLatestReport(deps, worker_id)) }),
);
