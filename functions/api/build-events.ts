import { api } from '../../lib/runtime/api.ts';
import { builds, gate, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/builds.ts';

const env = readEnv([...TABLE, 'BUILD_TOKEN_DAYS']);
const table = openTable(env);
const store = builds(table);

export const handler = api(
  { access: 'build-events', gate: gate(env, table), input: OneBuild },
  async (_input, { build }) => {
    return { status: 200, body: { build_id: build.id, events: await store.events(build) } };
  },
);
