import { submitBuild } from '../../lib/app/submit-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { sentCerts } from '../../lib/runtime/certs-request.ts';
import {
  builds,
  clock,
  files,
  gate,
  certStores,
  openTable,
  queues,
  report,
  secrets,
} from '../../lib/runtime/container.ts';
import { idempotencyKeyOf } from '../../lib/runtime/credentials.ts';
import { CERTS, FILES, QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Submission } from '../../lib/runtime/inputs/builds.ts';
import { submittedBody } from '../../lib/runtime/multipart.ts';
import { sourceOf } from '../../lib/runtime/source-part.ts';
import { submittedView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...QUEUES, ...FILES, ...CERTS]);
const table = openTable(env);
const stores = { builds: builds(table), queue: queues(env), files: files(env) };
const deps = { ...stores, ...certStores(env, table), secrets, clock, report };

export const handler = api(
  { access: 'submit-build', gate: gate(env, table), input: Submission, readBody: submittedBody },
  async (input, request) => {
    const { build, token } = await submitBuild(deps, {
      platform: input.platform,
      by: request.key,
      ...sourceOf(request, input.upload_id),
      ...sentCerts(deps, input, request),
      ...idempotencyKeyOf(request.headers),
    });
    // The old clients' tests want 200 on the one path and 201 on the other.
    return { status: request.path.endsWith('/submit') ? 200 : 201, body: submittedView(build, token) };
  },
);
