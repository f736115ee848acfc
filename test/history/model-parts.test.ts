import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MODEL_PARTS } from './model-parts.ts';

const seed = process.env['SOAK_SEED'] ?? randomBytes(4).toString('hex');

describe(`the model’s rows of the fault plan (seed ${seed})`, () => {
  it.each(MODEL_PARTS)('hold what they promise: $fault', { timeout: 60_000 }, async ({ few, run }) => {
    const { broken, operations, injected, note } = await run(few, seed);
    expect(broken, note).toEqual([]);
    expect(operations + injected).toBeGreaterThan(0);
  });
});
