import * as z from 'zod/mini';
import { api } from '../../lib/runtime/api.ts';
import { index, openTable } from '../../lib/runtime/container.ts';
import { TABLE, readEnv } from '../../lib/runtime/env.ts';

const builds = index(openTable(readEnv(TABLE)));

export const handler = api({ input: z.object({}) }, async () => {
  const [pending, active] = await Promise.all([builds.count('pending'), builds.count('leased')]);
  return { status: 200, body: { status: 'ok', queue: { pending, active }, storage: {} } };
});
