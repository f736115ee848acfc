import * as z from 'zod/mini';
import { downloadResult } from '../../lib/app/download-result.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireBuildAccess } from '../../lib/runtime/auth.ts';
import { builds, files, openTable } from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';
import { deliveryReply } from '../../lib/runtime/views.ts';

const env = readEnv([
  'TABLE_NAME',
  'DYNAMODB_ENDPOINT',
  'SOURCES_BUCKET',
  'RESULTS_BUCKET',
  'S3_ENDPOINT',
  'S3_PUBLIC_ENDPOINT',
]);
const store = builds(openTable(env));
const results = files(env);

export const handler = api(z.object({ id }), async (input, { headers }) => {
  const build = await requireBuildAccess(store, headers, env.CONTROLLER_API_KEY, input.id);
  return deliveryReply(await downloadResult(results, build));
});
