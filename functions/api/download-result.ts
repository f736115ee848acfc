import { downloadResult } from '../../lib/app/download-result.ts';
import { api } from '../../lib/runtime/api.ts';
import { files, gate, openTable } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/builds.ts';
import { deliveryReply } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES, 'BUILD_TOKEN_DAYS']);
const table = openTable(env);
const results = files(env);

export const handler = api(
  { access: 'download-result', gate: gate(env, table), input: OneBuild },
  async (_input, { build }) => {
    return deliveryReply(await downloadResult(results, build));
  },
);
