import * as z from 'zod/mini';
import { readSource } from '../../lib/app/read-source.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, files, openTable, report, workers } from '../../lib/runtime/container.ts';
import { FILES, TABLE, readEnv } from '../../lib/runtime/env.ts';
import { attempt, id } from '../../lib/runtime/fields.ts';
import { deliveryReply } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), clock, report };

export const handler = api(
  {
    input: z.object({ id, worker_id: z.optional(id), attempt }),
    admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY),
  },
  async (input, { headers }) => {
    const claim = requireClaim(headers, env.CONTROLLER_API_KEY, input);
    return deliveryReply(await readSource(deps, input.id, claim));
  },
);
