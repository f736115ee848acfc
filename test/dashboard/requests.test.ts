import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { live } from '../../dashboard/live.ts';
import { CREW_PACE_MS, queuesPaceMs, runningPaceMs } from '../../dashboard/now/paces.ts';
import { virtualSurroundings } from './virtual-surroundings.ts';

const DAY_MS = 86_400_000;
const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** What the first view asks in a day that nobody touches it. */
async function requestsOfADay(isBusy: boolean, isHidden: boolean): Promise<number> {
  const around = virtualSurroundings();
  if (isHidden) around.hide();
  let asked = 0;
  const answering =
    <T>(value: T) =>
    async () => {
      asked += 1;
      return { ok: true, value, nextCursor: undefined } as const;
    };
  const queues = { queues: [{ waiting: 0, running: isBusy ? 1 : 0 }] };
  live(answering(queues), { paceMs: queuesPaceMs }, around);
  live(answering({ builds: isBusy ? [{}] : [] }), { paceMs: runningPaceMs }, around);
  live(answering({}), { paceMs: () => CREW_PACE_MS }, around);
  await around.pass(DAY_MS - 1);
  return asked;
}

describe('a page that is left open for a day', () => {
  it.each([
    ['while builds run', true, false, 40_320],
    ['while nothing happens', false, false, 17_280],
    ['hidden', true, true, 0],
  ])('asks, %s, as often as the README says', async (_when, isBusy, isHidden, requests) => {
    expect(await requestsOfADay(isBusy, isHidden)).toBe(requests);
    if (requests > 0) expect(README).toContain(`${requests.toLocaleString('en')} requests`);
  });
});
