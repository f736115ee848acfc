import * as z from 'zod/mini';
import { createSourceUpload } from '../../lib/app/create-upload.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireApiKey } from '../../lib/runtime/auth.ts';
import { clock, files, secrets } from '../../lib/runtime/container.ts';
import { FILES, readEnv } from '../../lib/runtime/env.ts';
import { sha256, size } from '../../lib/runtime/fields.ts';
import { uploadView } from '../../lib/runtime/views.ts';

const env = readEnv(FILES);
const deps = { files: files(env), secrets, clock };

export const handler = api(
  { input: z.object({ size, sha256 }), admit: (headers) => requireApiKey(headers, env.CONTROLLER_API_KEY) },
  async (file) => {
    return { status: 200, body: uploadView(await createSourceUpload(deps, file)) };
  },
);
