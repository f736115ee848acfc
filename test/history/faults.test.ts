import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ROWS } from './all-rows.ts';
import { type RowResult, runRow } from './rows.ts';
import { openWorld, type World } from './world.ts';

/**
 * Every row of the fault plan with a few builds: enough for each kind of fault to happen. `npm run test:soak` has the full
 * volumes. The seed is in the name of the failure; SOAK_SEED brings it back.
 */
const seed = process.env['SOAK_SEED'] ?? randomBytes(4).toString('hex');

const MOST_VOLUMES = 8;

describe(`the whole controller under faults (seed ${seed})`, () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  // A test whose time is over is left by vitest, not its row: that would go on in the world of the next one.
  let running: Promise<RowResult> | undefined;
  afterEach(async () => {
    await running?.catch(() => {});
  }, 300_000);

  for (const row of ROWS) {
    it(`holds what it promises: ${row.fault}`, { timeout: 60_000 }, async () => {
      let injected = 0;
      // A few builds may pass between two rare faults: then a few more.
      for (let volume = row.few; injected === 0 && volume <= row.few * MOST_VOLUMES; volume *= 2) {
        running = runRow(world, row, volume, seed);
        const run = await running;
        expect(run.violations, `seed ${seed}, history in ${run.file}`).toEqual([]);
        expect(run.operations).toBeGreaterThan(volume);
        injected += row.isFaulty ? run.injected : 1;
      }
      expect(injected).toBeGreaterThan(0);
    });
  }
});
