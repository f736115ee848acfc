import { retryBuild } from '../../lib/app/retry-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, files, gate, logs, openTable, queues, report, secrets } from '../../lib/runtime/container.ts';
import { FILES, QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/builds.ts';
import { submittedView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...QUEUES, ...FILES]);
const table = openTable(env);
const stores = { builds: builds(table), logs: logs(table), queue: queues(env), files: files(env) };
const deps = { ...stores, secrets, clock, report };

export const handler = api(
  { access: 'retry-build', gate: gate(env, table), input: OneBuild },
  async (_input, { build: original, key }) => {
    const { build, token } = await retryBuild(deps, original, key);
    return { status: 200, body: { ...submittedView(build, token), original_build_id: original.id } };
  },
);
