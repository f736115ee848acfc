import { sourceKey } from '../../lib/app/file-keys.ts';
import { continueParts } from '../../lib/app/parted-upload.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, files, gate, openTable, parts, secrets } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { BegunSourceUpload } from '../../lib/runtime/inputs/uploads.ts';
import { partedUploadView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES]);
const deps = { files: files(env), parts: parts(env), clock };

export const handler = api(
  { access: 'continue-source-upload', gate: gate(env, openTable(env)), input: BegunSourceUpload },
  async ({ upload_id: uploadId }, { key }) => {
    const upload = await continueParts(deps, 'sources', sourceKey(secrets, uploadId, key));
    return { status: 200, body: partedUploadView({ uploadId, ...upload }) };
  },
);
