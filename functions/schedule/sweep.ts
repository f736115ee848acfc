import { rollUpTotals } from '../../lib/app/statistics.ts';
import { sweep } from '../../lib/app/sweep.ts';
import * as container from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { schedule } from '../../lib/runtime/schedule.ts';

const env = readEnv([
  'TABLE_NAME',
  'DYNAMODB_ENDPOINT',
  'QUEUE_URL_IOS',
  'QUEUE_URL_ANDROID',
  'SQS_ENDPOINT',
  'MAX_ATTEMPTS',
]);
const { clock, report } = container;
const table = container.openTable(env);
const stores = { builds: container.builds(table), index: container.index(table), totals: container.totals(table) };
const deps = { ...stores, queue: container.queues(env), clock, report };

export const handler = schedule(async (budgetMs) => {
  const done = await sweep(deps, { maxAttempts: env.MAX_ATTEMPTS }, clock() + budgetMs);
  if (Object.values(done).some((count) => count > 0)) report({ event: 'sweep_done', ...done });
  await rollUpTotals(deps);
});
