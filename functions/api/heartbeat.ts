import { heartbeat } from '../../lib/app/heartbeat.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, logs, openTable, report, workers } from '../../lib/runtime/container.ts';
import { LOG_SIZES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { Heartbeat } from '../../lib/runtime/inputs/holder.ts';

const env = readEnv([...RECORDS, ...LOG_SIZES, 'LEASE_SECONDS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), logs: logs(env, table), clock, report };

export const handler = api(
  { access: 'heartbeat', gate: gate(env, table), input: Heartbeat },
  async ({ id, progress }, { claim }) => {
    const leaseUntil = await heartbeat(deps, id, claim, env.LEASE_SECONDS * 1000, progress);
    return { status: 200, body: { status: 'ok', timestamp: clock(), lease_until: leaseUntil } };
  },
);
