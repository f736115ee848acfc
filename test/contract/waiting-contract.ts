import { describe, expect, it } from 'vitest';
import type { Build } from '../../lib/domain/build.ts';
import { decide } from '../../lib/domain/transitions.ts';
import {
  claimOf,
  found,
  grantOf,
  idleWorker,
  LEASE_MS,
  MAX_ATTEMPTS,
  NOW,
  newBuild,
  pendingBuild,
  RACERS,
  race,
  SHA,
} from './scene.ts';
import type { Stores } from './stores.ts';

/** Builds that have asked for something: how they are found while they wait, and to whom they go. */
export function waitingContract(open: () => Stores): void {
  let scenes = 0;
  /** Labels of its own for each test: the stores are shared. */
  const labelsFor = (...names: string[]) => {
    scenes += 1;
    return names.map((name) => `${name}-${scenes}`);
  };
  const asking = (labels: readonly string[], changes: Partial<Build> = {}) =>
    pendingBuild(open(), { labels, rank: NOW - 60_000, ...changes });
  const idsUnder = async (label: string, labels: readonly string[] = [label]) =>
    (await open().waiting.labelled('ios', label, labels)).map(({ buildId }) => buildId);

  describe('the index of what waits', () => {
    it('has a build that asks for labels under the first of them, with what an assignment needs', async () => {
      const [first = '', second = ''] = labelsFor('a', 'b');
      const build = await asking([first, second]);
      expect(await open().waiting.labelled('ios', first, [first, second])).toEqual([
        {
          buildId: build.id,
          attempt: 0,
          platform: 'ios',
          submittedAt: build.submittedAt,
          sourceSize: 10,
          sourceSha256: SHA,
          hasCerts: true,
          labels: [first, second],
          rank: NOW - 60_000,
        },
      ]);
      expect(await idsUnder(first)).toEqual([]);
      expect(await idsUnder(second, [first, second])).toEqual([]);
      expect(await open().waiting.labelled('android', first, [first, second])).toEqual([]);
    });

    it('has the lowest rank first, and finds past a page of others what fits', async () => {
      const [first = '', second = ''] = labelsFor('a', 'b');
      for (let other = 0; other < 60; other++) await asking([first, second], { rank: other });
      const [late, early] = [await asking([first], { rank: 200 }), await asking([first], { rank: 100 })];
      expect(await idsUnder(first)).toEqual([early.id, late.id]);
    });

    it('has of those without labels only the ones with priority', async () => {
      const plain = await pendingBuild(open(), { platform: 'android' });
      const [later, sooner] = [
        await pendingBuild(open(), { platform: 'android', priority: 1, rank: 20 }),
        await pendingBuild(open(), { platform: 'android', priority: 2, rank: 10 }),
      ];
      const urgent = (await open().waiting.urgent('android')).map(({ buildId }) => buildId);
      expect(urgent).toEqual([sooner.id, later.id]);
      expect(urgent).not.toContain(plain.id);
    });

    it('has some of all that wait for a platform and ask for no other label, the oldest or by chance others', async () => {
      const stores = open();
      // Older than whatever else the shared stores hold.
      const at = (submittedAt: number, changes: Partial<Build> = {}) =>
        pendingBuild(stores, { submittedAt, ...changes });
      const gone = await at(1);
      const [plain, urgent, labelled] = [
        await at(2),
        await at(3, { rank: 0 }),
        await at(4, { labels: ['a'], rank: 4 }),
      ];
      const other = await at(5, { platform: 'android' });
      expect(await stores.builds.assign(grantOf(gone, await idleWorker(stores)))).toEqual({ ok: true });
      const found = await stores.waiting.some('ios', ['a'], 0);
      const what = { attempt: 0, platform: 'ios', sourceSize: 10, sourceSha256: SHA, hasCerts: true };
      expect(found.slice(0, 3)).toEqual([
        { ...what, buildId: plain.id, submittedAt: 2 },
        { ...what, buildId: urgent.id, submittedAt: 3, rank: 0 },
        { ...what, buildId: labelled.id, submittedAt: 4, labels: ['a'], rank: 4 },
      ]);
      expect(found.length).toBeLessThanOrEqual(25);
      const ids = async (...asked: Parameters<typeof stores.waiting.some>) =>
        (await stores.waiting.some(...asked)).map(({ buildId }) => buildId);
      expect(found.map(({ buildId }) => buildId)).not.toContain(other.id);
      expect(await ids('ios', [], 0)).not.toContain(labelled.id);
      const android = await ids('android', [], 0);
      expect(android).toContain(other.id);
      expect(android).not.toContain(plain.id);
      const more = await Promise.all(Array.from({ length: 60 }, (_, index) => at(index + 6)));
      expect((await ids('ios', [], 0))[0]).toBe(plain.id);
      expect(more.map(({ id }) => id)).toContain((await ids('ios', [], 0.5))[0]);
      for (const build of [plain, urgent, labelled, other, ...more]) await stores.builds.cancel(build, NOW);
      expect(await ids('ios', ['a'], 0)).not.toContain(plain.id);
    });

    it('has some of the newest where none of the oldest fits, however many others are older', async () => {
      const stores = open();
      const others = await Promise.all(
        Array.from({ length: 130 }, (_, index) =>
          pendingBuild(stores, { platform: 'android', submittedAt: index + 10 }),
        ),
      );
      // Newer than whatever else the shared stores hold.
      const newest = await pendingBuild(stores, { submittedAt: 2 * NOW });
      const found = await stores.waiting.some('ios', [], 0);
      expect(found.map(({ buildId }) => buildId)).toContain(newest.id);
      expect((await stores.waiting.some('ios', [], 0.5)).map(({ platform }) => platform)).toContain('ios');
      await Promise.all([...others, newest].map((build) => stores.builds.cancel(build, NOW)));
    });

    it('is left with the assignment, and entered again when the build waits again', async () => {
      const stores = open();
      const [label = ''] = labelsFor('a');
      const [build, worker] = [await asking([label]), await idleWorker(stores, { labels: [label] })];
      expect(await stores.builds.assign(grantOf(build, worker))).toEqual({ ok: true });
      expect(await idsUnder(label)).toEqual([]);
      const held = await found(stores, build.id);
      const decision = decide(
        held,
        { type: 'giveBack', claim: claimOf(held), spends: true, maxAttempts: MAX_ATTEMPTS },
        NOW + 1,
      );
      if (!decision.ok) throw new Error(decision.why);
      await stores.builds.giveBack(held, decision.next, NOW + 1, 'stays');
      expect(await stores.waiting.labelled('ios', label, [label])).toMatchObject([
        { buildId: build.id, attempt: 1, rank: build.rank },
      ]);
    });

    it('is entered again when a lost lease is taken back', async () => {
      const stores = open();
      const [label = ''] = labelsFor('a');
      const [build, worker] = [await asking([label]), await idleWorker(stores, { labels: [label] })];
      await stores.builds.assign(grantOf(build, worker));
      const held = await found(stores, build.id);
      const now = NOW + LEASE_MS;
      const { attempt, leaseUntil = 0 } = held;
      const decision = decide(held, { type: 'requeue', attempt, leaseUntil, maxAttempts: MAX_ATTEMPTS }, now);
      if (!decision.ok) throw new Error(decision.why);
      expect(await stores.builds.requeue(held, decision.next, now)).toBe(true);
      expect(await idsUnder(label)).toEqual([build.id]);
    });

    it('is left when the build is cancelled, and when it fails while it waits', async () => {
      const { builds } = open();
      const [label = ''] = labelsFor('a');
      const [cancelled, failed] = [await asking([label]), await asking([label])];
      await builds.cancel(cancelled, NOW);
      await builds.reject(failed, { kind: 'timeout_queue', message: 'slow' }, NOW);
      expect(await idsUnder(label)).toEqual([]);
    });
  });

  describe('assign of a build that asks for labels', () => {
    it('is granted to a worker that has them all, however many it has', async () => {
      const stores = open();
      const most = Array.from({ length: 10 }, (_, index) => `label-${index}`);
      for (const labels of [most.slice(0, 1), most.slice(5), ['label-9']]) {
        const [build, worker] = [await asking(labels), await idleWorker(stores, { labels: most })];
        expect(await stores.builds.assign(grantOf(build, worker))).toEqual({ ok: true });
        expect(await found(stores, build.id)).toMatchObject({ state: 'assigned', labels, rank: build.rank });
      }
    });

    const asks = ['a', 'b', 'c', 'd', 'e'];
    it.each([
      ['none of them', []],
      ['others', ['x', 'y']],
      ...asks.map((lacking): [string, string[]] => [`all but ${lacking}`, asks.filter((label) => label !== lacking)]),
    ])('is refused to a worker that has %s, and changes nothing', async (_what, labels) => {
      const stores = open();
      const [build, worker] = [await asking(asks), await idleWorker(stores, { labels })];
      const outcome = await stores.builds.assign(grantOf(build, worker));
      expect(outcome).toEqual({ ok: false, refusal: 'labels_missing' });
      expect(await found(stores, build.id)).toEqual(build);
      expect(await stores.workers.get(worker.id)).toEqual(worker);
    });

    it('is refused to a worker that has registered again meanwhile, with whatever labels', async () => {
      const stores = open();
      const [build, worker] = [await asking(['a']), await idleWorker(stores, { labels: ['a'] })];
      const token = { hash: 'hash', expiresAt: NOW + LEASE_MS };
      await stores.workers.renew(worker, { name: worker.name, platforms: ['ios'], token, now: NOW });
      expect(await stores.workers.get(worker.id)).not.toHaveProperty('labels');
      expect(await stores.builds.assign(grantOf(build, worker))).toEqual({ ok: false, refusal: 'worker_offline' });
      const bare = await stores.workers.get(worker.id);
      expect(bare && (await stores.builds.assign(grantOf(build, bare)))).toEqual({
        ok: false,
        refusal: 'labels_missing',
      });
    });

    it('is granted to one of eight that have them, and to none of the eight that have not', async () => {
      const stores = open();
      const build = await asking(['a', 'b']);
      const outcomes = await race(async (racer) => {
        const isAble = racer % 2 === 0;
        const worker = await idleWorker(stores, { labels: isAble ? ['a', 'b', 'c'] : ['a', 'c'] });
        const { ok } = await stores.builds.assign(grantOf(build, worker));
        return { ok, isAble };
      });
      expect(outcomes).toHaveLength(RACERS);
      expect(outcomes.filter(({ ok }) => ok)).toEqual([{ ok: true, isAble: true }]);
    });
  });

  it('keeps a worker’s labels as it registered with them last', async () => {
    const { workers } = open();
    const worker = await idleWorker(open(), { labels: ['a'] });
    const token = { hash: 'hash', expiresAt: NOW + LEASE_MS };
    await workers.renew(worker, { name: 'mac', platforms: ['ios'], labels: ['b', 'c'], token, now: NOW });
    expect(await workers.get(worker.id)).toMatchObject({ labels: ['b', 'c'], epoch: 2 });
  });

  it('creates a build with what it asks for, as it was given', async () => {
    const [{ builds }, build] = [open(), newBuild({ labels: ['a', 'b'], priority: 3, rank: -5 })];
    await builds.create(build);
    expect(await builds.get(build.id)).toEqual(build);
  });
}
