import { api } from '../../lib/runtime/api.ts';
import { gate, metrics, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/vm.ts';
import { metricsView } from '../../lib/runtime/vm-views.ts';

const env = readEnv([...TABLE, 'BUILD_TOKEN_DAYS']);
const table = openTable(env);
const store = metrics(table);

export const handler = api({ access: 'read-metrics', gate: gate(env, table), input: OneBuild }, async ({ id }) => ({
  status: 200,
  body: metricsView(id, await store.read(id)),
}));
