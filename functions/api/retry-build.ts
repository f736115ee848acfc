import { retryBuild } from '../../lib/app/retry-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { sentCerts } from '../../lib/runtime/certs-request.ts';
import {
  aging,
  builds,
  clock,
  files,
  gate,
  logs,
  openTable,
  queues,
  report,
  secrets,
  submitting,
} from '../../lib/runtime/container.ts';
import { idempotencyKeyOf } from '../../lib/runtime/credentials.ts';
import { FILES, LOG_SIZES, QUEUES, RECORDS, readEnv, SUBMITS } from '../../lib/runtime/env.ts';
import { Retry } from '../../lib/runtime/inputs/builds.ts';
import { submittedView } from '../../lib/runtime/views.ts';

const env = readEnv([
  ...RECORDS,
  ...QUEUES,
  ...FILES,
  ...SUBMITS,
  ...LOG_SIZES,
  'PRIORITY_AGING_SECONDS',
  'BUILD_TOKEN_DAYS',
]);
const table = openTable(env);
const stores = { builds: builds(table), logs: logs(env, table), queue: queues(env), files: files(env) };
const deps = { ...stores, ...submitting(env, table), ...aging(env), secrets, clock, report };

export const handler = api({ access: 'retry-build', gate: gate(env, table), input: Retry }, async (input, request) => {
  const { build: original, key: by, headers } = request;
  const given = { by, ...sentCerts(deps, input, request), ...idempotencyKeyOf(headers) };
  const { build, token } = await retryBuild(deps, original, given);
  return { status: 200, body: { ...submittedView(build, token), original_build_id: original.id } };
});
