import { api } from '../../lib/runtime/api.ts';
import { index, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';

const builds = index(openTable(readEnv(TABLE)));

export const handler = api({ access: 'health', input: Nothing }, async () => {
  const [pending, active] = await Promise.all([builds.count('pending'), builds.count('leased')]);
  return { status: 200, body: { status: 'ok', queue: { pending, active }, storage: {} } };
});
