import { vmReady } from '../../lib/app/vm-ready.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, openTable, workers } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { HeldBuild } from '../../lib/runtime/inputs/holder.ts';

const env = readEnv([...TABLE, 'LEASE_SECONDS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), clock };

export const handler = api(
  { access: 'vm-ready', gate: gate(env, table), input: HeldBuild },
  async ({ id }, { claim }) => {
    const readyAt = await vmReady(deps, id, claim, env.LEASE_SECONDS * 1000);
    return { status: 200, body: { success: true, vm_ready_at: new Date(readyAt).toISOString() } };
  },
);
