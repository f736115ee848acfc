import { redriveDeadLetters } from '../../lib/app/dead-letters.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, deadLetters, gate, openTable, queues, report } from '../../lib/runtime/container.ts';
import { QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';

const env = readEnv([...TABLE, ...QUEUES, 'DEAD_LETTERS_QUEUE_URL']);
const table = openTable(env);
const deps = { deadLetters: deadLetters(env), builds: builds(table), queue: queues(env), clock, report };

export const handler = api({ access: 'redrive-dead-letters', gate: gate(env, table), input: Nothing }, async () => {
  const { mayHaveMore, ...counts } = await redriveDeadLetters(deps);
  return { status: 200, body: { ...counts, may_have_more: mayHaveMore } };
});
