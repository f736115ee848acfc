import { type BuildCounts, countBuilds } from '../../lib/app/statistics.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, index, openTable, totals } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { remembered } from '../../lib/runtime/remembered.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const deps = { index: index(table), totals: totals(table), clock };

/** A dashboard asks again and again. */
const FRESH_MS = 1_000;
const counts = remembered<BuildCounts>(() => countBuilds(deps), FRESH_MS, clock);

export const handler = api({ access: 'count-builds', gate: gate(env, table), input: Nothing }, async () => ({
  status: 200,
  body: await counts(),
}));
