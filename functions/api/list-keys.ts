import { api } from '../../lib/runtime/api.ts';
import { clock, gate, keys, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { keyView } from '../../lib/runtime/key-views.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const store = keys(table);

export const handler = api({ access: 'list-keys', gate: gate(env, table), input: Nothing }, async () => {
  const now = clock();
  return { status: 200, body: { keys: (await store.list()).map((key) => keyView(key, now)) } };
});
