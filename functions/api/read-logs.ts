import * as z from 'zod/mini';
import { readLogs } from '../../lib/app/read-logs.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireBuildAccess } from '../../lib/runtime/auth.ts';
import { builds, clock, logs, openTable } from '../../lib/runtime/container.ts';
import { TABLE, readEnv } from '../../lib/runtime/env.ts';
import { digits, id } from '../../lib/runtime/fields.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const store = builds(table);
const deps = { logs: logs(table), clock };
const cursor = digits('cursor is not one that this controller gave');

export const handler = api(
  {
    input: z.object({ id, cursor: z.optional(cursor) }),
    admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY),
  },
  async (input, { headers }) => {
    const build = await requireBuildAccess(store, headers, env.CONTROLLER_API_KEY, input.id);
    const page = await readLogs(deps, build, input.cursor);
    const body = { build_id: build.id, logs: page.lines, next_cursor: page.nextCursor, is_final: page.isFinal };
    return { status: 200, body };
  },
);
