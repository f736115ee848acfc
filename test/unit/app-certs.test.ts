import { describe, expect, it } from 'vitest';
import type { CertsObject } from '../../lib/app/cert-ports.ts';
import { sweepCerts } from '../../lib/app/sweep-certs.ts';
import type { Build } from '../../lib/domain/build.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import { aBuild, NOW, SHA } from '../support/builders.ts';

const OBJECT = { buildId: 'build-1', name: 'object' };
const KEY = 'certs/build-1/object';
const LIVE = { certs: { key: KEY, fingerprint: SHA, sealedKey: 'k' } };
const MINUTE = 60_000;

/** One run of the sweep over objects whose marks are due; `builds` answers, or throws. */
async function swept(get: (id: string) => Build | undefined, objects: CertsObject[] = [OBJECT], stopAt = NOW + 1) {
  const done: string[] = [];
  const failed: string[] = [];
  const note = (what: string) => async (object: CertsObject, at?: number) =>
    void done.push([what, object.buildId, at === undefined ? '' : `+${at - NOW}`].join(' ').trim());
  await sweepCerts(
    {
      builds: { get: async (id) => get(id) },
      certs: { keyOf: ({ buildId, name }) => `certs/${buildId}/${name}`, delete: note('delete') },
      marks: {
        add: note('add'),
        due: async function* () {
          yield objects;
        },
        postpone: note('postpone'),
        remove: note('unmark'),
      },
      clock: () => NOW,
      report: (event) => {
        if (event.event === 'certs_not_deleted') failed.push(event.buildId);
      },
    },
    stopAt,
  );
  return { done, failed };
}

describe('the sweep of signing material', () => {
  it.each<[string, () => Build | undefined]>([
    ['has ended', () => aBuild('completed', { certs: { key: KEY, fingerprint: SHA } })],
    ['has taken another', () => aBuild('building', { certs: { ...LIVE.certs, key: 'certs/build-1/other' } })],
    ['was never made', () => undefined],
    ['has none', () => aBuild('building')],
    [
      'cannot be read',
      () => {
        throw new Rejection('unreadable_record', 'no');
      },
    ],
  ])('deletes the object, and then its mark, when its build %s', async (_why, get) => {
    expect((await swept(get)).done).toEqual(['delete build-1', 'unmark build-1']);
  });

  it.each([
    [0, MINUTE],
    [20 * MINUTE, 5 * MINUTE],
    [24 * 60 * MINUTE, 15 * MINUTE],
  ])('looks at a live build of age %i ms again after %i ms', async (age, wait) => {
    const get = () => aBuild('pending', { ...LIVE, submittedAt: NOW - age });
    expect((await swept(get)).done).toEqual([`postpone build-1 +${wait}`]);
  });

  it('goes on after one that fails, which stays marked', async () => {
    const get = (id: string) => {
      if (id === 'build-1') throw new Error('throttled');
      return undefined;
    };
    const { done, failed } = await swept(get, [OBJECT, { ...OBJECT, buildId: 'build-2' }]);
    expect([done, failed]).toEqual([['delete build-2', 'unmark build-2'], ['build-1']]);
  });

  it('begins nothing after its time', async () => {
    expect((await swept(() => undefined, [OBJECT], NOW)).done).toEqual([]);
  });
});
