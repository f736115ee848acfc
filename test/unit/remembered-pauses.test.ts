import { beforeEach, describe, expect, it } from 'vitest';
import { rememberedPauses } from '../../lib/runtime/remembered-pauses.ts';

let now: number;
let isPaused: boolean;
let reads: string[];
let failure: Error | undefined;
beforeEach(() => {
  [now, isPaused, reads, failure] = [1_000_000, false, [], undefined];
});

const lookout = () =>
  rememberedPauses(
    async (platform) => {
      reads.push(platform);
      if (failure) throw failure;
      return isPaused;
    },
    () => now,
  );

describe('what an environment remembers of pauses', () => {
  it('begins with a read; without a pause no poll reads again', async () => {
    const { isPaused: isNow } = lookout();
    for (let polls = 0; polls < 3; polls++) {
      expect(await isNow('ios')).toBe(false);
      now += 3_600_000;
    }
    expect(reads).toEqual(['ios']);
    await isNow('android');
    expect(reads).toEqual(['ios', 'android']);
  });

  it('is asked anew before a grant once it is a second old', async () => {
    const known = lookout();
    await known.isPaused('ios');
    now += 999;
    isPaused = true;
    expect(await known.isPausedNow('ios')).toBe(false);
    now += 1;
    expect(await known.isPausedNow('ios')).toBe(true);
    expect(reads).toHaveLength(2);
    // And with that it is known before the next receive.
    expect(await known.isPaused('ios')).toBe(true);
    expect(reads).toHaveLength(2);
  });

  it('of a pause is five seconds old at most', async () => {
    isPaused = true;
    const known = lookout();
    expect(await known.isPaused('ios')).toBe(true);
    isPaused = false;
    now += 4_999;
    expect(await known.isPaused('ios')).toBe(true);
    now += 1;
    expect(await known.isPaused('ios')).toBe(false);
    expect(reads).toHaveLength(2);
  });

  it('is as old as the beginning of its read, and one read serves all who ask meanwhile', async () => {
    let answer: (value: boolean) => void = () => {};
    let asked = 0;
    const slow = rememberedPauses(
      () => {
        asked += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      () => now,
    );
    const [one, two] = [slow.isPausedNow('ios'), slow.isPausedNow('ios')];
    now += 1_000;
    const three = slow.isPausedNow('ios');
    expect(asked).toBe(2);
    answer(true);
    expect(await three).toBe(true);
    void one;
    void two;
  });

  it('is nothing after a read that failed', async () => {
    const known = lookout();
    failure = new Error('throttled');
    await expect(known.isPaused('ios')).rejects.toThrow('throttled');
    failure = undefined;
    isPaused = true;
    expect(await known.isPaused('ios')).toBe(true);
  });
});
