import { abandonBuild } from '../../lib/app/give-back.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, openTable, queues, report, workers } from '../../lib/runtime/container.ts';
import { QUEUES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { Abandonment } from '../../lib/runtime/inputs/holder.ts';

const env = readEnv([...RECORDS, ...QUEUES, 'MAX_ATTEMPTS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), queue: queues(env), clock, report };

export const handler = api(
  { access: 'abandon-build', gate: gate(env, table), input: Abandonment },
  async (input, { claim }) => {
    await abandonBuild(deps, input.build_id, claim, env.MAX_ATTEMPTS);
    return { status: 200, body: { success: true, message: 'Build requeued successfully' } };
  },
);
