import * as z from 'zod/mini';
import { createResultUpload } from '../../lib/app/create-upload.ts';
import { heldBuild } from '../../lib/app/held-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, files, openTable, secrets, workers } from '../../lib/runtime/container.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { attempt, filename, id, sha256, size } from '../../lib/runtime/fields.ts';
import { uploadView } from '../../lib/runtime/views.ts';

const env = readEnv([
  'TABLE_NAME',
  'DYNAMODB_ENDPOINT',
  'SOURCES_BUCKET',
  'RESULTS_BUCKET',
  'S3_ENDPOINT',
  'S3_PUBLIC_ENDPOINT',
]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), secrets, clock };
const Announced = z.object({ id, worker_id: z.optional(id), attempt, size, sha256, filename: z.optional(filename) });

export const handler = api(Announced, async (input, { headers }) => {
  const build = await heldBuild(deps, input.id, requireClaim(headers, env.CONTROLLER_API_KEY, input));
  const upload = await createResultUpload(deps, build, { size: input.size, sha256: input.sha256 }, input.filename);
  return { status: 200, body: uploadView(upload) };
});
