import { readSource } from '../../lib/app/read-source.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, files, gate, openTable, report, workers } from '../../lib/runtime/container.ts';
import { FILES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { HeldBuild } from '../../lib/runtime/inputs/holder.ts';
import { deliveryReply } from '../../lib/runtime/views.ts';

const env = readEnv([...RECORDS, ...FILES]);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), files: files(env), clock, report };

export const handler = api(
  { access: 'download-source', gate: gate(env, table), input: HeldBuild },
  async (input, { claim }) => {
    return deliveryReply(await readSource(deps, input.id, claim));
  },
);
