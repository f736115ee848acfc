import { describe, expect, it } from 'vitest';
import { breakEverywhere } from './breaks.ts';
import { SCENARIOS } from './scenarios.ts';

describe('an operation that is broken at any of its moments', () => {
  let killed = 0;
  let lost = 0;

  it.each(SCENARIOS)('$name: nothing is lost, doubled or stuck', async (scenario) => {
    const found = await breakEverywhere(scenario);
    expect(found.broken).toEqual([]);
    expect(found.moments, 'it has moments').toBeGreaterThan(1);
    killed += found.killed;
    lost += found.lost;
  });

  it('has been killed at hundreds of moments', () => {
    console.log(`${killed} kills and ${lost} lost requests and replies, in ${SCENARIOS.length} operations`);
    expect(killed).toBeGreaterThan(300);
  });
});
