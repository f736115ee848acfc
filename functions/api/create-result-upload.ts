import * as z from 'zod/mini';
import { createResultUpload } from '../../lib/app/create-upload.ts';
import { heldBuild } from '../../lib/app/held-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, files, openTable, secrets, workers } from '../../lib/runtime/container.ts';
import { FILES, TABLE, readEnv } from '../../lib/runtime/env.ts';
import { attempt, filename, id, sha256, size } from '../../lib/runtime/fields.ts';
import { uploadView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), secrets, clock };
const Announced = z.object({ id, worker_id: z.optional(id), attempt, size, sha256, filename: z.optional(filename) });

export const handler = api(
  { input: Announced, admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY) },
  async (input, { headers }) => {
    const build = await heldBuild(deps, input.id, requireClaim(headers, env.CONTROLLER_API_KEY, input));
    const upload = await createResultUpload(deps, build, { size: input.size, sha256: input.sha256 }, input.filename);
    return { status: 200, body: uploadView(upload) };
  },
);
