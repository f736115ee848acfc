import { createResultParts, createResultUpload } from '../../lib/app/create-upload.ts';
import { heldBuild } from '../../lib/app/held-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, files, gate, openTable, parts, secrets, workers } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { ResultUpload } from '../../lib/runtime/inputs/uploads.ts';
import { partedUploadView, uploadView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES, 'MAX_RESULT_UPLOAD_BYTES']);
const table = openTable(env);
const deps = {
  builds: builds(table),
  workers: workers(table),
  files: files(env),
  parts: parts(env),
  secrets,
  clock,
  maxBytes: env.MAX_RESULT_UPLOAD_BYTES,
};

export const handler = api(
  { access: 'create-result-upload', gate: gate(env, table), input: ResultUpload },
  async ({ id, size, sha256, filename, parts: announced }, { claim }) => {
    const build = await heldBuild(deps, id, claim);
    const file = { size, sha256 };
    if (!announced) return { status: 200, body: uploadView(await createResultUpload(deps, build, file, filename)) };
    const parted = { ...file, partSize: announced.size, partSha256s: announced.sha256s };
    return { status: 200, body: partedUploadView(await createResultParts(deps, build, parted, filename)) };
  },
);
