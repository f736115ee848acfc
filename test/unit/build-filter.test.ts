import { describe, expect, it } from 'vitest';
import { type BuildFilter, matches } from '../../lib/domain/build-filter.ts';
import { aBuild, aHolder, aResult } from '../support/builders.ts';

const build = aBuild('failed', {
  id: 'V1StGXR8_Z5jdHi6B-myT',
  platform: 'ios',
  submittedAt: 1_000,
  labels: ['team=red', 'xcode'],
  holder: aHolder({ workerId: 'mini-7', workerName: 'Studio West' }),
  submittedBy: 'key-of-ci',
  originalBuildId: 'first-one',
  result: aResult({ filename: 'App-42.ipa' }),
  failure: { kind: 'build', message: 'Code signing failed' },
});

describe('a filter of builds', () => {
  it.each<[string, BuildFilter, boolean]>([
    ['nothing', {}, true],
    ['its state', { state: 'failed' }, true],
    ['another state', { state: 'completed' }, false],
    ['its platform', { platform: 'ios' }, true],
    ['another platform', { platform: 'android' }, false],
    ['its worker', { workerId: 'mini-7' }, true],
    ['another worker', { workerId: 'mini' }, false],
    ['a whole label', { labels: ['team=red'] }, true],
    ['the name of a label', { labels: ['team'] }, true],
    ['a label without a value', { labels: ['xcode'] }, true],
    ['the beginning of a name', { labels: ['tea'] }, false],
    ['another value', { labels: ['team=re'] }, false],
    ['a value of what has none', { labels: ['xcode=26'] }, false],
    ['two labels', { labels: ['team', 'xcode'] }, true],
    ['two labels, one of them another', { labels: ['team', 'gradle'] }, false],
    ['the moment it came', { submittedAfter: 1_000 }, true],
    ['a later one', { submittedAfter: 1_001 }, false],
    ['before the moment it came', { submittedBefore: 1_000 }, false],
    ['before a later one', { submittedBefore: 1_001 }, true],
    [
      'all of it',
      { state: 'failed', labels: ['team'], text: 'signing', submittedAfter: 1, submittedBefore: 2_000 },
      true,
    ],
    ['all of it but one', { state: 'failed', labels: ['team'], text: 'signing', submittedBefore: 1_000 }, false],
  ])('that asks for %s', (_what, filter, isFound) => {
    expect(matches(build, filter)).toBe(isFound);
  });

  it.each(['v1stgxr8', 'B-MYT', 'first', 'key-of', 'studio w', 'MINI-7', 'team=', 'app-42', 'CODE SIGNING'])(
    'finds it by %s',
    (text) => expect(matches(build, { text })).toBe(true),
  );

  it.each(['nobody', 'ios', '1000', '.*', 'hash-of'])('does not find it by %s', (text) => {
    expect(matches(build, { text })).toBe(false);
  });

  it('finds nothing by text or label in a build that has nothing', () => {
    const bare = aBuild('pending', { id: 'x' });
    expect([matches(bare, { text: 'y' }), matches(bare, { labels: ['y'] })]).toEqual([false, false]);
  });
});
