import { appendLogs } from '../../lib/app/append-logs.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, logs, openTable, secrets, workers } from '../../lib/runtime/container.ts';
import { LOG_SIZES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { LogLines } from '../../lib/runtime/inputs/holder.ts';
import { logBody } from '../../lib/runtime/log-body.ts';
import { linesOf } from '../../lib/runtime/log-lines.ts';
import { secretsIn } from '../../lib/runtime/secrets.ts';

const env = readEnv([...RECORDS, ...LOG_SIZES, 'LEASE_SECONDS', 'LOG_LINE_CHARACTERS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), logs: logs(env, table), secrets, clock };

export const handler = api(
  {
    access: 'append-logs',
    gate: gate(env, table),
    input: LogLines,
    readBody: async (event) => logBody(event, env.LOG_LINE_CHARACTERS),
  },
  async (input, { claim, headers }) => {
    const known = [env.CONTROLLER_API_KEY, ...secretsIn(headers)];
    const { lines, isBatch } = linesOf(input, clock(), known, env.LOG_LINE_CHARACTERS);
    if (lines.length > 0) await appendLogs(deps, input.id, claim, lines, env.LEASE_SECONDS * 1000, input.first_line);
    return { status: 200, body: isBatch ? { success: true, count: lines.length } : { success: true } };
  },
);
