import { countActive } from '../../lib/app/statistics.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, index, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { remembered } from '../../lib/runtime/remembered.ts';

const builds = index(openTable(readEnv(TABLE)));

/** Anybody may ask, as often as they like: that must not cost a count of the table each time. */
const FRESH_MS = 1_000;
const queue = remembered(
  async () => {
    const [pending, active] = await Promise.all([builds.count('pending'), countActive(builds)]);
    return { pending, active };
  },
  FRESH_MS,
  clock,
);

export const handler = api({ access: 'health', input: Nothing }, async () => ({
  status: 200,
  body: { status: 'ok', queue: await queue(), storage: {} },
}));
