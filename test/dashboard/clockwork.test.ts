import { describe, expect, it } from 'vitest';
import { createClockwork } from '../../dashboard/clockwork.ts';
import { virtualSurroundings } from './virtual-surroundings.ts';

describe('the clock of the page', () => {
  it('ticks while somebody looks, and is right again when somebody does', async () => {
    const around = virtualSurroundings();
    const start = around.clock();
    const { now } = createClockwork(around);
    await around.pass(3_000);
    expect(now.value - start).toBe(3_000);
    around.hide();
    await around.pass(60_000);
    expect([now.value - start, around.waiting()]).toEqual([3_000, 0]);
    around.show();
    expect(now.value - start).toBe(63_000);
  });

  it('follows the controller’s where the reader’s is wrong, and not for a second', async () => {
    const around = virtualSurroundings();
    const { now, adjust } = createClockwork(around);
    adjust(around.clock() - 2_000);
    await around.pass(1_000);
    expect(now.value - around.clock()).toBe(0);
    adjust(around.clock() + 600_000);
    await around.pass(1_000);
    expect(now.value - around.clock()).toBe(600_000);
    adjust(around.clock());
    await around.pass(1_000);
    expect(now.value - around.clock()).toBe(0);
  });
});
