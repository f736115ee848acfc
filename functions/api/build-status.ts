import { api } from '../../lib/runtime/api.ts';
import { gate, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/builds.ts';
import { statusView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, 'MAX_ATTEMPTS', 'BUILD_TOKEN_DAYS']);
const table = openTable(env);

export const handler = api(
  { access: 'build-status', gate: gate(env, table), input: OneBuild },
  async (_input, { build }) => {
    return { status: 200, body: statusView(build, env.MAX_ATTEMPTS) };
  },
);
