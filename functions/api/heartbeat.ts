import * as z from 'zod/mini';
import { heartbeat } from '../../lib/app/heartbeat.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, openTable, workers } from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { attempt, id } from '../../lib/runtime/fields.ts';

const env = readEnv(['TABLE_NAME', 'DYNAMODB_ENDPOINT', 'LEASE_SECONDS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), clock };

export const handler = api(z.object({ id, worker_id: z.optional(id), attempt }), async (input, { headers }) => {
  const claim = requireClaim(headers, env.CONTROLLER_API_KEY, input);
  const leaseUntil = await heartbeat(deps, input.id, claim, env.LEASE_SECONDS * 1000);
  return { status: 200, body: { status: 'ok', timestamp: clock(), lease_until: leaseUntil } };
});
