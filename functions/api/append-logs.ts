import * as z from 'zod/mini';
import { appendLogs } from '../../lib/app/append-logs.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, logs, openTable, workers } from '../../lib/runtime/container.ts';
import { TABLE, readEnv } from '../../lib/runtime/env.ts';
import { attempt, id } from '../../lib/runtime/fields.ts';
import { linesOf } from '../../lib/runtime/log-lines.ts';

const env = readEnv([...TABLE, 'LEASE_SECONDS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), logs: logs(table), clock };
const Lines = z.object({
  id,
  worker_id: z.optional(id),
  attempt,
  level: z.optional(z.unknown()),
  message: z.optional(z.unknown()),
  logs: z.optional(z.unknown()),
});

export const handler = api(
  { input: Lines, admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY) },
  async (input, { headers }) => {
    const claim = requireClaim(headers, env.CONTROLLER_API_KEY, input);
    const { lines, isBatch } = linesOf(input, clock());
    if (lines.length > 0) await appendLogs(deps, input.id, claim, lines, env.LEASE_SECONDS * 1000);
    return { status: 200, body: isBatch ? { success: true, count: lines.length } : { success: true } };
  },
);
