import * as z from 'zod/mini';
import { heartbeat } from '../../lib/app/heartbeat.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, openTable, workers } from '../../lib/runtime/container.ts';
import { TABLE, readEnv } from '../../lib/runtime/env.ts';
import { attempt, id } from '../../lib/runtime/fields.ts';

const env = readEnv([...TABLE, 'LEASE_SECONDS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), clock };

export const handler = api(
  {
    input: z.object({ id, worker_id: z.optional(id), attempt }),
    admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY),
  },
  async (input, { headers }) => {
    const claim = requireClaim(headers, env.CONTROLLER_API_KEY, input);
    const leaseUntil = await heartbeat(deps, input.id, claim, env.LEASE_SECONDS * 1000);
    return { status: 200, body: { status: 'ok', timestamp: clock(), lease_until: leaseUntil } };
  },
);
