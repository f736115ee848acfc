import { activeBuilds } from '../../lib/app/active-builds.ts';
import { api } from '../../lib/runtime/api.ts';
import { gate, index, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { activeView } from '../../lib/runtime/views.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const builds = index(table);

export const handler = api({ access: 'list-active-builds', gate: gate(env, table), input: Nothing }, async () => ({
  status: 200,
  body: { builds: (await activeBuilds(builds)).map(activeView) },
}));
