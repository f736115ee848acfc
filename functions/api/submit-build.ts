import { submitBuild } from '../../lib/app/submit-build.ts';
import { api } from '../../lib/runtime/api.ts';
import { sentCerts } from '../../lib/runtime/certs-request.ts';
import {
  aging,
  builds,
  clock,
  files,
  gate,
  openTable,
  queues,
  report,
  secrets,
  submitting,
} from '../../lib/runtime/container.ts';
import { FILES, QUEUES, RECORDS, readEnv, SUBMITS } from '../../lib/runtime/env.ts';
import { Submission } from '../../lib/runtime/inputs/builds.ts';
import { submittedBody } from '../../lib/runtime/multipart.ts';
import { submissionOf } from '../../lib/runtime/submission.ts';
import { submittedView } from '../../lib/runtime/views.ts';

const env = readEnv([...RECORDS, ...QUEUES, ...FILES, ...SUBMITS, 'PRIORITY_AGING_SECONDS']);
const table = openTable(env);
const stores = { builds: builds(table), queue: queues(env), files: files(env) };
const deps = { ...stores, ...submitting(env, table), ...aging(env), secrets, clock, report };

export const handler = api(
  { access: 'submit-build', gate: gate(env, table), input: Submission, readBody: submittedBody },
  async (input, request) => {
    const { build, token } = await submitBuild(deps, {
      ...submissionOf(input, request),
      ...sentCerts(deps, input, request),
    });
    // The old clients' tests want 200 on the one path and 201 on the other.
    return { status: request.path.endsWith('/submit') ? 200 : 201, body: submittedView(build, token) };
  },
);
