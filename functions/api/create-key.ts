import { createKey } from '../../lib/app/create-key.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, keys, openTable, report, secrets } from '../../lib/runtime/container.ts';
import { RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { NewKey } from '../../lib/runtime/inputs/keys.ts';
import { keyView } from '../../lib/runtime/key-views.ts';

const env = readEnv(RECORDS);
const table = openTable(env);
const deps = { keys: keys(table), secrets, clock, report };

export const handler = api(
  { access: 'create-key', gate: gate(env, table), input: NewKey },
  async ({ name, scopes, expires_days: expiresDays }, { key: { id: by } }) => {
    const { key, secret } = await createKey(deps, { name, scopes, expiresDays }, by);
    return { status: 201, body: { ...keyView(key, clock()), key: secret } };
  },
);
