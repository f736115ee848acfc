import { failBuild } from '../../lib/app/finish-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, openTable, report, workers } from '../../lib/runtime/container.ts';
import { RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { Failure } from '../../lib/runtime/inputs/holder.ts';
import { masked } from '../../lib/runtime/masked.ts';

const env = readEnv(RECORDS);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), clock, report };

export const handler = api(
  { access: 'fail-build', gate: gate(env, table), input: Failure },
  async (input, { claim, headers }) => {
    const reason = masked(input.error, env.CONTROLLER_API_KEY, headers);
    await failBuild(deps, input.build_id, claim, reason, input.failure_kind);
    return { status: 200, body: { status: 'failed', success: true } };
  },
);
