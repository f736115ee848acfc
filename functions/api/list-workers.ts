import { api } from '../../lib/runtime/api.ts';
import { clock, gate, index, openTable, quarantineOf } from '../../lib/runtime/container.ts';
import { QUARANTINE, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { WorkerPage } from '../../lib/runtime/inputs/workers.ts';
import { linkToNext } from '../../lib/runtime/link-header.ts';
import { workerView } from '../../lib/runtime/worker-views.ts';

const env = readEnv([...TABLE, ...QUARANTINE]);
const table = openTable(env);
const builds = index(table);

export const handler = api(
  { access: 'list-workers', gate: gate(env, table), input: WorkerPage },
  async (asked, { path }) => {
    const page = await builds.workers(asked);
    const headers = linkToNext(path, { ...asked, cursor: page.next });
    const workers = page.workers.map((worker) => workerView(worker, clock(), quarantineOf(env)));
    return { status: 200, headers, body: { workers } };
  },
);
