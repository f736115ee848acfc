import { readLogs } from '../../lib/app/read-logs.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, logs, openTable } from '../../lib/runtime/container.ts';
import { LOG_SIZES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { LogPage } from '../../lib/runtime/inputs/builds.ts';
import { longReply } from '../../lib/runtime/long-reply.ts';

const env = readEnv([...TABLE, ...LOG_SIZES, 'BUILD_TOKEN_DAYS']);
const table = openTable(env);
const deps = { logs: logs(env, table), clock };

export const handler = api(
  { access: 'read-logs', gate: gate(env, table), input: LogPage },
  async (input, { build, headers }) => {
    const page = await readLogs(deps, build, input);
    const body = { build_id: build.id, logs: page.lines, next_cursor: page.nextCursor, is_final: page.isFinal };
    return longReply(headers, body);
  },
);
