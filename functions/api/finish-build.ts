import { admitHolderBody } from '../../lib/runtime/admit-body.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, files, gate, openTable, report, secrets, workers } from '../../lib/runtime/container.ts';
import { FILES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { finishFromForm, finishFromJson } from '../../lib/runtime/finish-request.ts';
import { Finish } from '../../lib/runtime/inputs/holder.ts';
import { masked } from '../../lib/runtime/masked.ts';
import { jsonOrMultipartBody } from '../../lib/runtime/multipart.ts';
import { sentFile } from '../../lib/runtime/sent-file.ts';

const env = readEnv([...RECORDS, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), secrets, clock, report };

export const handler = api(
  {
    access: 'finish-build',
    gate: gate(env, table),
    input: Finish,
    readBody: jsonOrMultipartBody,
    admitBody: admitHolderBody,
  },
  async (input, request) => {
    const finish = request.isMultipart ? finishFromForm : finishFromJson;
    const error_message = masked(input.error_message, env.CONTROLLER_API_KEY, request.headers);
    const finished = { ...input, error_message };
    return { status: 200, body: await finish(deps, finished, request.claim, sentFile(request, 'result')) };
  },
);
