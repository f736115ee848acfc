import { api } from '../../lib/runtime/api.ts';
import { gate, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { ownKeyView } from '../../lib/runtime/key-views.ts';

const env = readEnv(TABLE);

export const handler = api(
  { access: 'show-own-key', gate: gate(env, openTable(env)), input: Nothing },
  async (_input, { key }) => ({ status: 200, body: ownKeyView(key) }),
);
