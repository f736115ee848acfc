import * as z from 'zod/mini';
import { submitBytes, submitUpload } from '../../lib/app/submit-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { idempotencyKeyOf, requireApiKey } from '../../lib/runtime/auth.ts';
import { builds, clock, files, openTable, queues, report, secrets } from '../../lib/runtime/container.ts';
import { FILES, QUEUES, TABLE, readEnv } from '../../lib/runtime/env.ts';
import { id, platform } from '../../lib/runtime/fields.ts';
import { jsonOrMultipartBody } from '../../lib/runtime/multipart.ts';
import { sourceOf } from '../../lib/runtime/source-part.ts';
import { submittedView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...QUEUES, ...FILES]);
const deps = { builds: builds(openTable(env)), queue: queues(env), files: files(env), secrets, clock, report };
const Submission = z.object({ platform, upload_id: z.optional(id) });

export const handler = api(
  {
    input: Submission,
    admit: (headers) => requireApiKey(headers, env.CONTROLLER_API_KEY),
    readBody: jsonOrMultipartBody,
  },
  async (input, request) => {
    const source = sourceOf(request, input.upload_id);
    const common = { platform: input.platform, ...idempotencyKeyOf(request.headers) };
    const submitted =
      'uploadId' in source
        ? await submitUpload(deps, { ...common, ...source })
        : await submitBytes(deps, { ...common, ...source });
    // The old clients' tests want 200 on the one path and 201 on the other.
    const status = request.path.endsWith('/submit') ? 200 : 201;
    return { status, body: submittedView(submitted.build, submitted.token) };
  },
);
