import { readCerts } from '../../lib/app/read-certs.ts';
import { api } from '../../lib/runtime/api.ts';
import { certsZipReply } from '../../lib/runtime/certs-views.ts';
import { builds, certs, clock, gate, openTable, report, workers } from '../../lib/runtime/container.ts';
import { CERTS, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { HeldBuild } from '../../lib/runtime/inputs/holder.ts';

const env = readEnv([...RECORDS, ...CERTS, 'S3_ENDPOINT']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), certs: certs(env), clock, report };

export const handler = api(
  { access: 'download-certs', gate: gate(env, table), input: HeldBuild },
  async (input, { claim }) => {
    return certsZipReply(input.id, await readCerts(deps, input.id, claim));
  },
);
