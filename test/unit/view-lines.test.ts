import { describe, expect, it } from 'vitest';
import type { BuildRecord } from '../../lib/client/answers.ts';
import type { QueuePlace } from '../../lib/client/queue-answers.ts';
import { placeText, viewLines } from '../../lib/client/cli/view-lines.ts';

const build = (state: BuildRecord['state'], more: Partial<BuildRecord> = {}): BuildRecord => ({
  ...{ id: 'b1', status: state, state, platform: 'ios', worker_id: 'w1', worker_name: 'mac mini' },
  ...{ submitted_at: 0, started_at: null, completed_at: null, error_message: null },
  ...{
    labels: [],
    priority: 0,
    attempt: 1,
    max_attempts: 3,
    result_sha256: null,
    result_size: null,
    result_filename: null,
    ...more,
  },
});

const place = (more: Partial<QueuePlace> = {}): QueuePlace => ({
  ...{ ahead: 3, may_be_more: false, workers: 2, usual_build_ms: null, starts_in_ms: null, paused: null, ...more },
});

const shown = (of: BuildRecord | undefined, at: QueuePlace | undefined, more: object = {}) =>
  viewLines({ id: 'b1', build: of, place: at, stateSince: 60_000, watchedSince: 0, lines: [], ...more }, 90_000);

describe('the view of a build', () => {
  it('has its place while it waits', () => {
    expect(shown(build('pending', { attempt: 0 }), place(), { stateSince: 0 })).toEqual([
      'Build b1 waits for a worker: 1:30',
      '  3 builds go before it, 2 workers for it',
    ]);
  });

  it('has its worker, its attempt, how long it has been built, and how long builds take', () => {
    const lines = [{ timestamp: 0, level: 'info', message: 'compiling' }];
    expect(shown(build('building', { attempt: 2 }), place({ usual_build_ms: 400_000 }), { lines })).toEqual([
      'Build b1 is being built by mac mini, attempt 2 of 3: 0:30, 1:30 in all',
      '  builds take about 7 min these days',
      '  | compiling',
    ]);
  });

  it.each<[BuildRecord | undefined, string]>([
    [undefined, 'Build b1 was submitted: 0:30'],
    [build('pending'), 'Build b1 waits for another worker after attempt 1: 0:30'],
    [build('assigned'), 'Build b1 was handed to mac mini, which has not begun yet: 0:30'],
    [build('building', { worker_name: null }), 'Build b1 is being built by w1: 0:30'],
    [build('cancelled'), 'Build b1 is cancelled: 0:30'],
  ])('says of %o: %s', (of, text) => {
    expect(shown(of, undefined)).toEqual([`${text}, 1:30 in all`]);
  });
});

describe('a place in the queue', () => {
  it.each<[Partial<QueuePlace>, string | undefined]>([
    [{}, '3 builds go before it, 2 workers for it'],
    [
      { ahead: 0, paused: { reason: 'an update', since: 0 } },
      'it is the next one, 2 workers for it, nothing is handed out for its platform now: an update',
    ],
    [{ ahead: 1, workers: 1 }, '1 build goes before it, 1 worker for it'],
    [{ ahead: 0 }, 'it is the next one, 2 workers for it'],
    [{ ahead: 100, may_be_more: true }, 'more than 100 builds go before it, 2 workers for it'],
    [{ workers: 0 }, '3 builds go before it, no worker that could build it is online'],
    [{ starts_in_ms: 12_000 }, '3 builds go before it, 2 workers for it, its turn in about 20 s'],
    [{ starts_in_ms: 400_000 }, '3 builds go before it, 2 workers for it, its turn in about 7 min'],
    [{ starts_in_ms: 9_000_000 }, '3 builds go before it, 2 workers for it, its turn in about 2.5 h'],
    [{ ahead: 0, starts_in_ms: 0 }, 'it is the next one, 2 workers for it, its turn at any moment'],
    [{ ahead: null }, undefined],
  ])('%o is told as %s', (known, text) => {
    expect(placeText(place(known))).toBe(text);
  });

  it('is not told of a controller that does not know', () => {
    expect(placeText(undefined)).toBeUndefined();
  });
});
