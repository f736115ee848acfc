import { cancelBuild } from '../../lib/app/cancel-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, openTable, report } from '../../lib/runtime/container.ts';
import { RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/builds.ts';

const env = readEnv([...RECORDS, 'BUILD_TOKEN_DAYS']);
const table = openTable(env);
const deps = { builds: builds(table), clock, report };

export const handler = api(
  { access: 'cancel-build', gate: gate(env, table), input: OneBuild },
  async (_input, { build, key }) => {
    await cancelBuild(deps, build, key);
    return { status: 200, body: { success: true, status: 'cancelled' } };
  },
);
