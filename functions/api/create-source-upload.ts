import * as z from 'zod/mini';
import { createSourceUpload } from '../../lib/app/create-upload.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireApiKey } from '../../lib/runtime/auth.ts';
import { clock, files, secrets } from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { sha256, size } from '../../lib/runtime/fields.ts';
import { uploadView } from '../../lib/runtime/views.ts';

const env = readEnv(['SOURCES_BUCKET', 'RESULTS_BUCKET', 'S3_ENDPOINT', 'S3_PUBLIC_ENDPOINT']);
const deps = { files: files(env), secrets, clock };

export const handler = api(z.object({ size, sha256 }), async (file, { headers }) => {
  requireApiKey(headers, env.CONTROLLER_API_KEY);
  return { status: 200, body: uploadView(await createSourceUpload(deps, file)) };
});
