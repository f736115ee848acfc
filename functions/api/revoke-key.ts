import { revokeKey } from '../../lib/app/revoke-key.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, keys, openTable, report } from '../../lib/runtime/container.ts';
import { RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { OneKey } from '../../lib/runtime/inputs/keys.ts';
import { keyView } from '../../lib/runtime/key-views.ts';

const env = readEnv(RECORDS);
const table = openTable(env);
const deps = { keys: keys(table), clock, report };

export const handler = api(
  { access: 'revoke-key', gate: gate(env, table), input: OneKey },
  async ({ id }, { key: { id: by } }) => {
    return { status: 200, body: keyView(await revokeKey(deps, id, by), clock()) };
  },
);
