import { beforeEach, describe, expect, it } from 'vitest';
import { listDeadLetters, MAX_LETTERS, redriveDeadLetters } from '../../lib/app/dead-letters.ts';
import type { DeadLetter, DeadLetters } from '../../lib/app/ports.ts';
import { aBuild, aHint, NOW } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';

let world: World;
let lying: DeadLetter[];
let hidden: Map<string, DeadLetter>;
/** Receives that find nothing although there is something. */
let emptyReceives: number;
let calls: string[];
beforeEach(() => {
  world = memoryWorld();
  [lying, hidden, emptyReceives, calls] = [[], new Map(), 0, []];
});

const deadLetters: DeadLetters = {
  receive: async () => {
    if (emptyReceives-- > 0) return [];
    const taken = lying.splice(0, 10);
    for (const letter of taken) hidden.set(letter.receipt, letter);
    return taken;
  },
  delete: async ({ receipt }) => {
    calls.push('delete');
    hidden.delete(receipt);
  },
  giveBack: async ({ receipt }) => {
    const letter = hidden.get(receipt);
    if (letter) lying.push(letter);
    hidden.delete(receipt);
  },
};
const deps = () => ({ ...world.deps, deadLetters });

function bury(id: string, hint?: DeadLetter['hint']): void {
  lying.push({ id, receipt: `receipt-${id}`, receives: 51, sentAt: NOW - 1000, ...(hint && { hint }) });
}
const lyingIds = () => lying.map(({ id }) => id).sort();
const sent = () => [...world.messages.values()].map(({ hint }) => [hint.buildId, hint.attempt]);

describe('dead letters', () => {
  it('are shown and stay, whether they can be read or not', async () => {
    bury('a', aHint());
    bury('b');
    const { letters, mayHaveMore } = await listDeadLetters(deps());
    expect(letters.map(({ id, hint }) => [id, hint?.buildId])).toEqual([
      ['a', aHint().buildId],
      ['b', undefined],
    ]);
    expect([mayHaveMore, lyingIds(), hidden.size]).toEqual([false, ['a', 'b'], 0]);
  });

  it('are found although a receive comes back empty', async () => {
    bury('a');
    emptyReceives = 2;
    expect((await listDeadLetters(deps())).letters).toHaveLength(1);
  });

  it('are looked at in a bounded number, and that is said', async () => {
    for (let index = 0; index < MAX_LETTERS + 10; index++) bury(`letter-${index}`);
    const { letters, mayHaveMore } = await listDeadLetters(deps());
    expect([letters.length, mayHaveMore]).toEqual([MAX_LETTERS, true]);
    expect(lying).toHaveLength(MAX_LETTERS + 10);
  });
});

describe('a redrive', () => {
  it('sends what waits anew as it is now, drops what waits no more, and leaves what it cannot read', async () => {
    world.builds.set('waits', aBuild('pending', { id: 'waits', attempt: 1, sends: 1 }));
    world.builds.set('over', aBuild('completed', { id: 'over' }));
    world.builds.set('built', aBuild('building', { id: 'built' }));
    // Only a version that knew no labels can have sent it.
    world.builds.set('labelled', aBuild('pending', { id: 'labelled', labels: ['signing'] }));
    for (const buildId of ['waits', 'over', 'built', 'labelled', 'never-was'])
      bury(buildId, aHint({ buildId, attempt: 0 }));
    bury('malformed');
    expect(await redriveDeadLetters(deps())).toEqual({
      redriven: 1,
      deleted: 4,
      malformed: 1,
      failed: 0,
      mayHaveMore: false,
    });
    expect([sent(), lyingIds(), hidden.size]).toEqual([[['waits', 1]], ['malformed'], 0]);
    expect(world.builds.get('waits')?.sends).toBe(2);
    expect(world.events).toEqual([{ event: 'build_resent', buildId: 'waits', attempt: 1, sends: 2 }]);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)(
    'keeps a letter whose new message failed %s it was sent, and goes on with the others',
    async (when, sends) => {
      world.builds.set('waits', aBuild('pending', { id: 'waits' }));
      world.faults.set('queue.send', when);
      bury('waits', aHint({ buildId: 'waits' }));
      bury('over', aHint({ buildId: 'over' }));
      expect(await redriveDeadLetters(deps())).toMatchObject({ redriven: 0, failed: 1, deleted: 1 });
      expect([lyingIds(), calls, sent().length]).toEqual([['waits'], ['delete'], sends]);
      expect(world.events).toEqual([
        { event: 'message_left_to_timeout', messageId: 'waits', error: expect.any(Error) },
      ]);
      world.faults.clear();
      expect(await redriveDeadLetters(deps())).toMatchObject({ redriven: 1, failed: 0 });
      expect([lying, sent().length]).toEqual([[], sends + 1]);
    },
  );

  it('leaves a build without a source to whoever looks', async () => {
    const { source: _gone, ...build } = aBuild('pending', { id: 'bare' });
    world.builds.set('bare', build);
    bury('bare', aHint({ buildId: 'bare' }));
    expect(await redriveDeadLetters(deps())).toMatchObject({ redriven: 0, failed: 1 });
    expect([lyingIds(), sent()]).toEqual([['bare'], []]);
  });
});
