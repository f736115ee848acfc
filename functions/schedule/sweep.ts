import { rollUpTotals } from '../../lib/app/statistics.ts';
import { sweep } from '../../lib/app/sweep.ts';
import { builds, clock, index, openTable, pauses, queues, report, totals } from '../../lib/runtime/container.ts';
import { QUEUES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { schedule } from '../../lib/runtime/schedule.ts';

const env = readEnv([...RECORDS, ...QUEUES, 'MAX_ATTEMPTS', 'MAX_QUEUE_SECONDS', 'MAX_BUILD_SECONDS']);
const table = openTable(env);
const stores = { builds: builds(table), index: index(table), totals: totals(table), pauses: pauses(table) };
const deps = { ...stores, queue: queues(env), clock, report };

const settings = {
  maxAttempts: env.MAX_ATTEMPTS,
  maxQueueMs: env.MAX_QUEUE_SECONDS * 1000,
  maxBuildMs: env.MAX_BUILD_SECONDS * 1000,
};

export const handler = schedule(async (budgetMs) => {
  const done = await sweep(deps, settings, clock() + budgetMs);
  if (Object.values(done).some((count) => count > 0)) report({ event: 'sweep_done', ...done });
  await rollUpTotals(deps);
});
