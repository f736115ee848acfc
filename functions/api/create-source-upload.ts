import { createSourceParts, createSourceUpload } from '../../lib/app/create-upload.ts';
import { findSource } from '../../lib/app/reuse-source.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, files, gate, openTable, parts, secrets } from '../../lib/runtime/container.ts';
import { FILES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { SourceUpload } from '../../lib/runtime/inputs/uploads.ts';
import { partedUploadView, storedView, uploadView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES, 'MAX_SOURCE_UPLOAD_BYTES']);
const deps = { files: files(env), parts: parts(env), secrets, clock, maxBytes: env.MAX_SOURCE_UPLOAD_BYTES };

export const handler = api(
  { access: 'create-source-upload', gate: gate(env, openTable(env)), input: SourceUpload },
  async ({ parts: announced, reuse, ...file }, { key }) => {
    const stored = reuse === 'now' ? await findSource(deps, file, key) : undefined;
    if (stored !== undefined) return { status: 200, body: storedView(stored) };
    const again = reuse ? { by: key } : undefined;
    if (!announced) return { status: 200, body: uploadView(await createSourceUpload(deps, file, again)) };
    const parted = { ...file, partSize: announced.size, partSha256s: announced.sha256s };
    return { status: 200, body: partedUploadView(await createSourceParts(deps, parted, again)) };
  },
);
