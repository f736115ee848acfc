import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { VANISHING } from './vanishing-clients.ts';

const seed = process.env['SOAK_SEED'] ?? randomBytes(4).toString('hex');

it(`clients that vanish or dawdle leave nothing and hurt nobody (seed ${seed})`, { timeout: 90_000 }, async () => {
  const { broken, injected, note } = await VANISHING.run(VANISHING.few, seed);
  expect(broken, note).toEqual([]);
  expect(injected).toBe(VANISHING.few);
});
