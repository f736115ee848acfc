import { listDeadLetters } from '../../lib/app/dead-letters.ts';
import { api } from '../../lib/runtime/api.ts';
import { deadLetters, gate, openTable, report } from '../../lib/runtime/container.ts';
import { deadLetterView } from '../../lib/runtime/dead-letter-views.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';

const env = readEnv([...TABLE, 'DEAD_LETTERS_QUEUE_URL', 'SQS_ENDPOINT']);
const table = openTable(env);
const deps = { deadLetters: deadLetters(env), report };

export const handler = api({ access: 'list-dead-letters', gate: gate(env, table), input: Nothing }, async () => {
  const { letters, mayHaveMore } = await listDeadLetters(deps);
  return { status: 200, body: { dead_letters: letters.map(deadLetterView), may_have_more: mayHaveMore } };
});
