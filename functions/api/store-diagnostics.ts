import { storeReport } from '../../lib/app/diagnostics.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, diagnostics, gate, openTable, secrets, workers } from '../../lib/runtime/container.ts';
import { reportOf } from '../../lib/runtime/diagnostics-views.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Diagnostics } from '../../lib/runtime/inputs/diagnostics.ts';
import { masked } from '../../lib/runtime/masked.ts';

const env = readEnv([...TABLE, 'DIAGNOSTIC_DAYS']);
const table = openTable(env);
const deps = {
  workers: workers(table),
  diagnostics: diagnostics(table),
  secrets,
  clock,
  keptDays: env.DIAGNOSTIC_DAYS,
};

export const handler = api(
  { access: 'store-diagnostics', gate: gate(env, table), input: Diagnostics },
  async (input, { headers }) => {
    const found = reportOf(input, (text) => masked(text, env.CONTROLLER_API_KEY, headers));
    return { status: 200, body: { id: await storeReport(deps, found), status: 'stored' } };
  },
);
