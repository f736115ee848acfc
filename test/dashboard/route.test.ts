import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hrefOf, readRoute } from '../../dashboard/route.ts';

describe('an address within the page', () => {
  it.each([
    ['', { view: 'now' }],
    ['#', { view: 'now' }],
    ['#/', { view: 'now' }],
    ['#/workers', { view: 'workers' }],
    ['#/queues/', { view: 'queues' }],
    ['#/settings', { view: 'settings' }],
    ['#/builds', { view: 'history', query: {} }],
    ['#/builds?status=failed&text=a%20b', { view: 'history', query: { status: 'failed', text: 'a b' } }],
    ['#/builds/V1StGXR8_Z5jdHi6B-myT', { view: 'build', id: 'V1StGXR8_Z5jdHi6B-myT' }],
    ['#/builds/a/b', { view: 'nowhere' }],
    ['#/builds/%E0', { view: 'nowhere' }],
    ['#/constructor', { view: 'nowhere' }],
    ['#/workers/x', { view: 'nowhere' }],
    ['#/javascript:alert(1)', { view: 'nowhere' }],
  ])('%s leads to %j', (hash, route) => expect(readRoute(hash)).toEqual(route));

  it('leads back to what it was made of, whatever is in it', () => {
    const text = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(text, fc.dictionary(fc.stringMatching(/^[a-z_]{1,9}$/), text), (id, query) => {
        expect(readRoute(hrefOf({ view: 'build', id }))).toEqual({ view: 'build', id });
        expect(readRoute(hrefOf({ view: 'history', query }))).toEqual({ view: 'history', query });
      }),
    );
  });

  it('leaves out filters that are empty', () =>
    expect(hrefOf({ view: 'history', query: { status: '', platform: 'ios' } })).toBe('#/builds?platform=ios'));
});
