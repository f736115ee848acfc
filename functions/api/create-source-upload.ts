import { createSourceUpload } from '../../lib/app/create-upload.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, files, gate, openTable, secrets } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { SourceUpload } from '../../lib/runtime/inputs/uploads.ts';
import { uploadView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES]);
const table = openTable(env);
const deps = { files: files(env), secrets, clock };

export const handler = api(
  { access: 'create-source-upload', gate: gate(env, table), input: SourceUpload },
  async (file) => {
    return { status: 200, body: uploadView(await createSourceUpload(deps, file)) };
  },
);
