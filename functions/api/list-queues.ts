import { countQueues, listQueues, type QueueCounts } from '../../lib/app/list-queues.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, index, openTable, pauses, quarantineOf } from '../../lib/runtime/container.ts';
import { QUARANTINE, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { queueStateView } from '../../lib/runtime/queue-views.ts';
import { remembered } from '../../lib/runtime/remembered.ts';

const env = readEnv([...TABLE, ...QUARANTINE]);
const table = openTable(env);
const deps = { index: index(table), clock, quarantine: quarantineOf(env) };
const store = pauses(table);

/** All that waits or runs is read for it: many pages left open must not have that done each for itself. */
const FRESH_MS = 5_000;
const counts = remembered<readonly QueueCounts[]>(() => countQueues(deps), FRESH_MS, clock);

export const handler = api({ access: 'list-queues', gate: gate(env, table), input: Nothing }, async () => ({
  status: 200,
  body: { queues: (await listQueues(counts, store)).map(queueStateView) },
}));
