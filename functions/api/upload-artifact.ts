import { admitHolderBody } from '../../lib/runtime/admit-body.ts';
import { api } from '../../lib/runtime/api.ts';
import { finishFromVm } from '../../lib/runtime/artifact-request.ts';
import { builds, clock, files, gate, openTable, report, secrets, workers } from '../../lib/runtime/container.ts';
import { FILES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { Artifact } from '../../lib/runtime/inputs/vm.ts';
import { jsonOrMultipartBody } from '../../lib/runtime/multipart.ts';
import { sentFile } from '../../lib/runtime/sent-file.ts';

const env = readEnv([...RECORDS, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), secrets, clock, report };

export const handler = api(
  {
    access: 'upload-artifact',
    gate: gate(env, table),
    input: Artifact,
    readBody: jsonOrMultipartBody,
    admitBody: admitHolderBody,
  },
  async (input, request) => {
    await finishFromVm(deps, input, request.claim, sentFile(request, 'artifact'));
    return { status: 200, body: { success: true } };
  },
);
