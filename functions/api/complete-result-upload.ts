import { heldResultKey } from '../../lib/app/file-keys.ts';
import { heldBuild } from '../../lib/app/held-build.ts';
import { completeParts } from '../../lib/app/parted-upload.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, files, gate, openTable, parts, workers } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { BegunResultUpload } from '../../lib/runtime/inputs/uploads.ts';

const env = readEnv([...TABLE, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), parts: parts(env), clock };

export const handler = api(
  { access: 'complete-result-upload', gate: gate(env, table), input: BegunResultUpload },
  async ({ id, upload_id: uploadId }, { claim }) => {
    const key = heldResultKey(await heldBuild(deps, id, claim), uploadId);
    const { size, sha256 } = await completeParts(deps, 'results', key);
    return { status: 200, body: { upload_id: uploadId, size, sha256 } };
  },
);
