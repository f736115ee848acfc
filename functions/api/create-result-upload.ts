import { createResultUpload } from '../../lib/app/create-upload.ts';
import { heldBuild } from '../../lib/app/held-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, files, gate, openTable, secrets, workers } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { ResultUpload } from '../../lib/runtime/inputs/uploads.ts';
import { uploadView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), secrets, clock };

export const handler = api(
  { access: 'create-result-upload', gate: gate(env, table), input: ResultUpload },
  async (input, { claim }) => {
    const build = await heldBuild(deps, input.id, claim);
    const upload = await createResultUpload(deps, build, { size: input.size, sha256: input.sha256 }, input.filename);
    return { status: 200, body: uploadView(upload) };
  },
);
