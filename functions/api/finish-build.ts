import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireClaim } from '../../lib/runtime/auth.ts';
import { builds, clock, files, openTable, report, secrets, workers } from '../../lib/runtime/container.ts';
import { FILES, TABLE, readEnv } from '../../lib/runtime/env.ts';
import { finishFromForm, finishFromJson, Finish } from '../../lib/runtime/finish-request.ts';
import { jsonOrMultipartBody } from '../../lib/runtime/multipart.ts';

const env = readEnv([...TABLE, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), secrets, clock, report };

export const handler = api(
  {
    input: Finish,
    admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY),
    readBody: jsonOrMultipartBody,
  },
  async (input, request) => {
    const claim = requireClaim(request.headers, env.CONTROLLER_API_KEY, input);
    const finish = request.isMultipart ? finishFromForm : finishFromJson;
    return { status: 200, body: await finish(deps, input, claim, request.files['result']) };
  },
);
