import * as z from 'zod/mini';
import { failBuild } from '../../lib/app/finish-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, openTable, report, workers } from '../../lib/runtime/container.ts';
import { TABLE, readEnv } from '../../lib/runtime/env.ts';
import { attempt, id, text } from '../../lib/runtime/fields.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), clock, report };
const Failure = z.object({
  build_id: id,
  worker_id: z.optional(id),
  attempt,
  error: z._default(text(2000), 'Build failed'),
});

export const handler = api(
  { input: Failure, admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY) },
  async (input, { headers }) => {
    const claim = requireClaim(headers, env.CONTROLLER_API_KEY, input);
    await failBuild(deps, input.build_id, claim, input.error);
    return { status: 200, body: { status: 'failed', success: true } };
  },
);
