import { linkFile } from '../../lib/app/link-file.ts';
import { api } from '../../lib/runtime/api.ts';
import { files, gate, openTable } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneFile } from '../../lib/runtime/inputs/builds.ts';
import { linkView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES, 'BUILD_TOKEN_DAYS']);
const table = openTable(env);
const stored = files(env);

export const handler = api(
  { access: 'link-file', gate: gate(env, table), input: OneFile },
  async ({ which }, { build }) => {
    return { status: 200, body: linkView(await linkFile(stored, build, which)) };
  },
);
