import * as z from 'zod/mini';
import { readSource } from '../../lib/app/read-source.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, files, openTable, report, workers } from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { attempt, id } from '../../lib/runtime/fields.ts';
import { deliveryReply } from '../../lib/runtime/views.ts';

const env = readEnv([
  'TABLE_NAME',
  'DYNAMODB_ENDPOINT',
  'SOURCES_BUCKET',
  'RESULTS_BUCKET',
  'S3_ENDPOINT',
  'S3_PUBLIC_ENDPOINT',
]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), clock, report };

export const handler = api(z.object({ id, worker_id: z.optional(id), attempt }), async (input, { headers }) => {
  const claim = requireClaim(headers, env.CONTROLLER_API_KEY, input);
  return deliveryReply(await readSource(deps, input.id, claim));
});
