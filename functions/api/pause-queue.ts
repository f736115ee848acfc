import { pauseQueue } from '../../lib/app/pause-queue.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, openTable, pauses, report } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { QueuePause } from '../../lib/runtime/inputs/queues.ts';
import { pausesView } from '../../lib/runtime/queue-views.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const deps = { pauses: pauses(table), clock, report };

export const handler = api(
  { access: 'pause-queue', gate: gate(env, table), input: QueuePause },
  async ({ platform, reason }, { key: { id: by } }) => {
    return { status: 200, body: pausesView(await pauseQueue(deps, platform, reason, by)) };
  },
);
