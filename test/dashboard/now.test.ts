import { describe, expect, it } from 'vitest';
import { leaseFreshness } from '../../dashboard/now/lease.ts';
import { type Queue, queueState, warnings } from '../../dashboard/now/queue-notes.ts';
import { byState, type Worker, type WorkerState } from '../../dashboard/parts/worker-state.ts';

const NOW = 1_795_665_600_000;
const QUEUE: Queue = {
  platform: 'ios',
  waiting: 0,
  may_be_more: false,
  oldest_waiting_since: null,
  without_worker: 0,
  running: 0,
  workers: { idle: 1, building: 0 },
  paused: null,
};
const PAUSED = { reason: 'Xcode 27 goes in', since: NOW, by: 'root' };
const NOBODY = { idle: 0, building: 0 };

describe('how a queue stands', () => {
  it.each([
    [{}, 'quiet', []],
    [{ waiting: 3 }, 'waiting', []],
    [
      { waiting: 1, without_worker: 1, workers: NOBODY },
      'stranded',
      ['1 iOS build waits, and no worker for iOS is online.'],
    ],
    [
      { waiting: 5, without_worker: 2 },
      'stranded',
      ['2 iOS builds wait, and no worker online has the labels that they ask for.'],
    ],
    [
      { platform: 'android', waiting: 5, without_worker: 1 },
      'stranded',
      ['1 Android build waits, and no worker online has the labels that it asks for.'],
    ],
    [{ waiting: 5, paused: PAUSED }, 'paused', ['iOS is paused: Xcode 27 goes in']],
    [
      { waiting: 5, without_worker: 5, workers: NOBODY, paused: PAUSED },
      'paused',
      ['iOS is paused: Xcode 27 goes in', '5 iOS builds wait, and no worker for iOS is online.'],
    ],
  ] as const)('%j is %s', (part, state, said) => {
    const queue = { ...QUEUE, ...part };
    expect([queueState(queue), warnings([queue]).map(({ text }) => text)]).toEqual([state, said]);
  });
});

describe('how sure it is that a worker still works', () => {
  it.each([
    [null, null, 'away', 'no lease'],
    [NOW + 1_790_000, null, 'away', 'not heard yet, 29 min 50 s left'],
    [NOW + 80_000, NOW - 5_000, 'good', '1 min 20 s left'],
    [NOW + 24_000, NOW - 61_000, 'warn', '24 s left'],
    [NOW, NOW - 85_000, 'bad', 'lapsed 0 s ago'],
    [NOW - 11_000, null, 'bad', 'lapsed 11 s ago'],
  ])('with a lease until %s, last heard at %s: %s', (until, lastHeartbeatAt, tone, text) =>
    expect(leaseFreshness({ until, lastHeartbeatAt }, NOW)).toEqual({ tone, text }),
  );
});

it('workers come by what they do, then by name, the newest of one name first', () => {
  const worker = (state: WorkerState, name: string, registered_at = 0) => ({ state, name, registered_at }) as Worker;
  const sorted = [
    worker('offline', 'a'),
    worker('idle', 'b'),
    worker('idle', 'a', 1),
    worker('idle', 'a', 2),
    worker('building', 'z'),
  ];
  expect(sorted.sort(byState).map(({ state, name, registered_at: at }) => `${state} ${name} ${at}`)).toEqual([
    'building z 0',
    'idle a 2',
    'idle a 1',
    'idle b 0',
    'offline a 0',
  ]);
});
