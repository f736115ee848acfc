import { submitBytes, submitUpload } from '../../lib/app/submit-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, files, gate, openTable, queues, report, secrets } from '../../lib/runtime/container.ts';
import { idempotencyKeyOf } from '../../lib/runtime/credentials.ts';
import { FILES, QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Submission } from '../../lib/runtime/inputs/builds.ts';
import { jsonOrMultipartBody } from '../../lib/runtime/multipart.ts';
import { sourceOf } from '../../lib/runtime/source-part.ts';
import { submittedView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...QUEUES, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), queue: queues(env), files: files(env), secrets, clock, report };

export const handler = api(
  { access: 'submit-build', gate: gate(env, table), input: Submission, readBody: jsonOrMultipartBody },
  async (input, request) => {
    const source = sourceOf(request, input.upload_id);
    const common = { platform: input.platform, by: request.key, ...idempotencyKeyOf(request.headers) };
    const submitted =
      'uploadId' in source
        ? await submitUpload(deps, { ...common, ...source })
        : await submitBytes(deps, { ...common, ...source });
    // The old clients' tests want 200 on the one path and 201 on the other.
    const status = request.path.endsWith('/submit') ? 200 : 201;
    return { status, body: submittedView(submitted.build, submitted.token) };
  },
);
