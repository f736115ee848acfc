import { readStatistics, type Statistics } from '../../lib/app/statistics.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, index, openTable, totals } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { remembered } from '../../lib/runtime/remembered.ts';

const table = openTable(readEnv(TABLE));
const deps = { index: index(table), totals: totals(table), clock };

/** The old controller's figure. Anybody may ask, so asking must not cost a count of the table each time. */
const FRESH_MS = 10_000;
const statistics = remembered<Statistics>(() => readStatistics(deps), FRESH_MS, clock);

/** The landing page asks from another origin, without credentials. A browser may ask first whether it may. */
const CROSS_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400',
};

export const handler = api({ access: 'stats', input: Nothing }, async () => ({
  status: 200,
  headers: CROSS_ORIGIN,
  body: await statistics(),
}));
