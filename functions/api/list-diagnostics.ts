import { readReports } from '../../lib/app/diagnostics.ts';
import { api } from '../../lib/runtime/api.ts';
import { diagnostics, gate, openTable, workers } from '../../lib/runtime/container.ts';
import { reportView } from '../../lib/runtime/diagnostics-views.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { DiagnosticsOf } from '../../lib/runtime/inputs/diagnostics.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const deps = { workers: workers(table), diagnostics: diagnostics(table) };

export const handler = api(
  { access: 'list-diagnostics', gate: gate(env, table), input: DiagnosticsOf },
  async ({ worker_id, limit }) => {
    const reports = await readReports(deps, worker_id, limit);
    return { status: 200, body: { worker_id, reports: reports.map(reportView) } };
  },
);
