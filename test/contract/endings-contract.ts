import { describe, expect, it } from 'vitest';
import type { Build } from '../../lib/domain/build.ts';
import type { Failure } from '../../lib/domain/failure.ts';
import { CANCELLED_MESSAGE, decide } from '../../lib/domain/transitions.ts';
import {
  aResult,
  assignedBuild,
  claimOf,
  ENDED_CERTS,
  found,
  grantOf,
  holderOf,
  LEASE_MS,
  MAX_ATTEMPTS,
  NOW,
  newBuild,
  pendingBuild,
  race,
  runningBuild,
} from './scene.ts';
import type { Stores } from './stores.ts';

/** When the lease of a running build is over. */
const LATE = NOW + LEASE_MS + 1;
const COMPLETED = { state: 'completed', result: aResult('results/b/1/upload') } as const;
const FAILED = { state: 'failed', kind: 'build', message: 'xcodebuild: 65' } as const;

/** What the sweep would make of a build whose lease is over. */
function afterLoss(seen: Build): Build {
  const { attempt, leaseUntil = 0 } = seen;
  const decision = decide(seen, { type: 'requeue', attempt, leaseUntil, maxAttempts: MAX_ATTEMPTS }, LATE);
  if (!decision.ok) throw new Error(decision.why);
  return decision.next;
}

function afterGiveBack(seen: Build, maxAttempts = MAX_ATTEMPTS): Build {
  const command = { type: 'giveBack', claim: claimOf(seen), spends: true, maxAttempts } as const;
  const decision = decide(seen, command, NOW);
  if (!decision.ok) throw new Error(decision.why);
  return decision.next;
}

function without<T extends object, K extends keyof T>(record: T, ...fields: K[]): Omit<T, K> {
  const kept = Object.entries(record).filter(([name]) => !(fields as PropertyKey[]).includes(name));
  return Object.fromEntries(kept) as Omit<T, K>;
}

const ended = (build: Build, changes: Partial<Build>) => ({
  ...without(build, 'leaseUntil', 'otp'),
  certs: ENDED_CERTS,
  finishedAt: NOW,
  ...changes,
});

/** Everything that ends an attempt. */
export function endingsContract(open: () => Stores): void {
  const expectFree = async (stores: Stores, build: Build, outcome: string) => {
    const worker = await holderOf(stores, build);
    expect(worker).toMatchObject({ releasedAt: expect.any(Number), lastOutcome: outcome });
    expect(worker?.current).toBeUndefined();
  };

  describe('finish', () => {
    it.each([
      ['with the attempt', (build: Build) => claimOf(build)],
      ['without the attempt', ({ holder }: Build) => ({ workerId: holder?.workerId ?? '' })],
    ])('completes a build %s, and frees and counts its worker', async (_how, claim) => {
      const stores = open();
      const build = await runningBuild(stores);
      expect(await stores.builds.finish(build.id, claim(build), COMPLETED, NOW)).toEqual({ ok: true });
      expect(await found(stores, build.id)).toEqual(ended(build, { state: 'completed', result: COMPLETED.result }));
      await expectFree(stores, build, 'completed');
      expect(await holderOf(stores, build)).toMatchObject({ completedBuilds: 1, failedBuilds: 0 });
    });

    it('fails a build that was never begun, and frees and counts its worker', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      expect(await stores.builds.finish(build.id, claimOf(build), FAILED, NOW)).toEqual({ ok: true });
      const failure = { kind: 'build', message: FAILED.message } as const;
      expect(await found(stores, build.id)).toEqual(ended(build, { state: 'failed', failure }));
      await expectFree(stores, build, 'failed');
      expect(await holderOf(stores, build)).toMatchObject({ completedBuilds: 0, failedBuilds: 1 });
    });

    it.each([
      ['another worker', { workerId: 'another' }],
      ['another attempt', { attempt: 2 }],
      ['another token', { tokenHash: 'another' }],
    ])('refuses %s', async (_who, changes) => {
      const stores = open();
      const build = await runningBuild(stores);
      for (const ending of [COMPLETED, FAILED]) {
        const outcome = await stores.builds.finish(build.id, claimOf(build, changes), ending, NOW);
        expect(outcome).toEqual({ ok: false, current: build });
      }
      expect(await holderOf(stores, build)).toMatchObject({ current: { buildId: build.id, attempt: 1 } });
    });

    it('refuses a build that waits again, has ended, or is not there', async () => {
      const stores = open();
      const [lost, cancelled] = [await runningBuild(stores), await runningBuild(stores)];
      await stores.builds.requeue(lost, afterLoss(lost), LATE);
      await stores.builds.cancel(cancelled, NOW);
      for (const { id } of [lost, cancelled, newBuild()]) {
        const current = await stores.builds.get(id);
        const claim = claimOf(id === lost.id ? lost : cancelled);
        expect(await stores.builds.finish(id, claim, COMPLETED, NOW)).toEqual({ ok: false, current });
        expect(await stores.builds.get(id)).toEqual(current);
      }
    });

    it('ends a build whose worker no longer knows of it, and leaves the worker what it has now', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const worker = await holderOf(stores, build);
      if (!worker) throw new Error('no worker');
      await stores.workers.forget(worker);
      const next = await pendingBuild(stores);
      expect(await stores.builds.assign(grantOf(next, worker))).toEqual({ ok: true });
      expect(await stores.builds.finish(build.id, claimOf(build), COMPLETED, NOW)).toEqual({ ok: true });
      expect((await found(stores, build.id)).state).toBe('completed');
      const after = { current: { buildId: next.id, attempt: 1 }, completedBuilds: 0 };
      expect(await stores.workers.get(worker.id)).toMatchObject(after);
    });

    it('lets one of eight end the build', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const outcomes = await race((racer) =>
        stores.builds.finish(build.id, claimOf(build), racer % 2 ? COMPLETED : FAILED, NOW),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      const worker = await holderOf(stores, build);
      expect((worker?.completedBuilds ?? 0) + (worker?.failedBuilds ?? 0)).toBe(1);
    });
  });

  describe('cancel', () => {
    const failure = { kind: 'cancelled', message: CANCELLED_MESSAGE } as const;

    it('ends a build that waits', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      expect(await stores.builds.cancel(build, NOW)).toEqual({ ok: true });
      expect(await found(stores, build.id)).toEqual(ended(build, { state: 'cancelled', failure }));
    });

    it('ends a build that is held, and frees its worker', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      expect(await stores.builds.cancel(build, NOW)).toEqual({ ok: true });
      expect(await found(stores, build.id)).toEqual(ended(build, { state: 'cancelled', failure }));
      await expectFree(stores, build, 'cancelled');
    });

    it('refuses a build that was granted since, has ended, or is not there', async () => {
      const stores = open();
      const [granted, done] = [await assignedBuild(stores), await runningBuild(stores)];
      await stores.builds.finish(done.id, claimOf(done), COMPLETED, NOW);
      const completed = await found(stores, done.id);
      const seen: Build = { ...granted, state: 'pending', attempt: 0 };
      expect(await stores.builds.cancel(seen, NOW)).toEqual({ ok: false, current: granted });
      expect(await stores.builds.cancel(done, NOW)).toEqual({ ok: false, current: completed });
      expect(await stores.builds.cancel(newBuild(), NOW)).toEqual({ ok: false, current: undefined });
      expect(await holderOf(stores, granted)).toMatchObject({ current: { buildId: granted.id } });
    });

    it('lets one of eight cancel', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const outcomes = await race(() => stores.builds.cancel(build, NOW));
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    });
  });

  describe('requeue', () => {
    it('lets a lost build wait again without its holder, and frees the worker', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      expect(await stores.builds.requeue(build, afterLoss(build), LATE)).toBe(true);
      const rest = without(build, 'holder', 'otp', 'startedAt', 'buildingSince', 'leaseUntil');
      expect(await found(stores, build.id)).toEqual({ ...rest, state: 'pending', spentAttempts: 1, queuedAt: LATE });
      await expectFree(stores, build, 'lost');
    });

    it('fails a build that has no attempts left', async () => {
      const stores = open();
      const build = await assignedBuild(stores, { spentAttempts: MAX_ATTEMPTS - 1 });
      expect(await stores.builds.requeue(build, afterLoss(build), LATE)).toBe(true);
      const after = { state: 'failed', spentAttempts: MAX_ATTEMPTS, failure: { kind: 'lost_worker' } };
      expect(await found(stores, build.id)).toMatchObject(after);
      await expectFree(stores, build, 'lost');
    });

    it('takes nothing back after a heartbeat in between, or an end, or at another attempt', async () => {
      const stores = open();
      const [alive, done] = [await runningBuild(stores), await runningBuild(stores)];
      await stores.builds.heartbeat(alive.id, claimOf(alive), { now: LATE, leaseUntil: LATE + LEASE_MS });
      await stores.builds.finish(done.id, claimOf(done), COMPLETED, NOW);
      const before = [await found(stores, alive.id), await found(stores, done.id)];
      expect(await stores.builds.requeue(alive, afterLoss(alive), LATE)).toBe(false);
      expect(await stores.builds.requeue(done, afterLoss(done), LATE)).toBe(false);
      const stale = { ...alive, attempt: 0, leaseUntil: LATE + LEASE_MS };
      expect(await stores.builds.requeue(stale, afterLoss(alive), LATE)).toBe(false);
      expect([await found(stores, alive.id), await found(stores, done.id)]).toEqual(before);
    });

    it('is done by one of eight sweeps', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const taken = await race(() => stores.builds.requeue(build, afterLoss(build), LATE));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect((await found(stores, build.id)).spentAttempts).toBe(1);
    });
  });

  describe('giveBack', () => {
    it('lets the build wait again, and the worker stay', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      expect(await stores.builds.giveBack(build, afterGiveBack(build), NOW, 'stays')).toEqual({ ok: true });
      const rest = without(build, 'holder', 'otp', 'startedAt', 'buildingSince', 'leaseUntil');
      expect(await found(stores, build.id)).toEqual({ ...rest, state: 'pending', spentAttempts: 1, queuedAt: NOW });
      await expectFree(stores, build, 'given_back');
    });

    it('lets the worker leave in the same step', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      expect(await stores.builds.giveBack(build, afterGiveBack(build), NOW, 'leaves')).toEqual({ ok: true });
      expect((await found(stores, build.id)).state).toBe('pending');
      expect(await holderOf(stores, build)).toBeUndefined();
    });

    it('fails a build that has no attempts left', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      expect(await stores.builds.giveBack(build, afterGiveBack(build, 1), NOW, 'stays')).toEqual({ ok: true });
      expect(await found(stores, build.id)).toMatchObject({ state: 'failed', failure: { kind: 'lost_worker' } });
    });

    it('refuses when the build has ended, or waits, or has another attempt, and the worker does not leave', async () => {
      const stores = open();
      const [done, held] = [await runningBuild(stores), await runningBuild(stores)];
      await stores.builds.cancel(done, NOW);
      const cancelled = await found(stores, done.id);
      const old = { ...held, attempt: 0 };
      expect(await stores.builds.giveBack(done, afterGiveBack(done), NOW, 'leaves')).toEqual({
        ok: false,
        current: cancelled,
      });
      expect(await stores.builds.giveBack(old, afterGiveBack(held), NOW, 'leaves')).toEqual({
        ok: false,
        current: held,
      });
      expect([await holderOf(stores, done), await holderOf(stores, held)].every(Boolean)).toBe(true);
    });

    it('is done by one of eight', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const outcomes = await race(() => stores.builds.giveBack(build, afterGiveBack(build), NOW, 'stays'));
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect((await found(stores, build.id)).spentAttempts).toBe(1);
    });
  });

  describe('reject and expire', () => {
    const failure: Failure = { kind: 'undeliverable', message: 'nobody' };

    it('fails a build that waits at this attempt, once among eight', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      expect(await stores.builds.reject({ ...build, attempt: 1 }, failure, NOW)).toBe(false);
      const rejected = await race(() => stores.builds.reject(build, failure, NOW));
      expect(rejected.filter(Boolean)).toHaveLength(1);
      expect(await found(stores, build.id)).toEqual(ended(build, { state: 'failed', failure }));
    });

    it('rejects no build that is held or not there', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      expect(await stores.builds.reject(build, failure, NOW)).toBe(false);
      expect(await stores.builds.reject(newBuild(), failure, NOW)).toBe(false);
      expect(await found(stores, build.id)).toEqual(build);
    });

    it('rejects an unreadable record that waits, or is held past its lease', async () => {
      const stores = open();
      const [waiting, held] = [await pendingBuild(stores), await runningBuild(stores)];
      await stores.spoil(waiting.id);
      await stores.spoil(held.id);
      expect(await stores.builds.rejectUnreadable(waiting.id, NOW)).toBe(true);
      expect(await stores.builds.rejectUnreadable(waiting.id, NOW)).toBe(false);
      expect(await stores.builds.rejectUnreadable(held.id, NOW)).toBe(false);
      expect(await stores.builds.rejectUnreadable(held.id, LATE)).toBe(true);
      expect(await stores.builds.rejectUnreadable('absent', LATE)).toBe(false);
    });

    it('fails a build of the kind that was reported, in its record and in its story', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const failure = { kind: 'upload', message: 'no route to storage' } as const;
      await stores.builds.finish(build.id, claimOf(build), { state: 'failed', ...failure }, NOW);
      const failed = await found(stores, build.id);
      expect(failed.failure).toEqual(failure);
      const { kind, message: why } = failure;
      expect((await stores.builds.events(failed)).at(-1)).toMatchObject({ type: 'failed', kind, why });
    });

    it('expires a held build at its attempt, once among eight, and frees its worker', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const late: Failure = { kind: 'timeout_build', message: 'too long' };
      const old = { ...build, attempt: 0 };
      expect(await stores.builds.expire(old, late, NOW)).toEqual({ ok: false, current: build });
      const outcomes = await race(() => stores.builds.expire(build, late, NOW));
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      expect(await found(stores, build.id)).toEqual(ended(build, { state: 'failed', failure: late }));
      await expectFree(stores, build, 'lost');
    });

    it('expires no build that waits', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      expect(await stores.builds.expire(build, failure, NOW)).toEqual({ ok: false, current: build });
    });
  });

  describe('events', () => {
    it('tell the story of a build', async () => {
      const stores = open();
      const lost = await runningBuild(stores);
      await stores.builds.requeue(lost, afterLoss(lost), LATE);
      const again = await found(stores, lost.id);
      const worker = await holderOf(stores, lost);
      if (!worker) throw new Error('no worker');
      await stores.builds.assign(grantOf(again, worker, { now: LATE + 1, leaseUntil: LATE + LEASE_MS }));
      const granted = await found(stores, lost.id);
      await stores.builds.finish(lost.id, claimOf(granted), FAILED, LATE + 2);
      const failed = await found(stores, lost.id);
      await stores.logs.noteRetry(failed, 'next', { timestamp: LATE + 3, level: 'info', message: 'again' });
      const by = `worker ${worker.id}`;
      expect(await stores.builds.events(failed)).toEqual([
        { type: 'submitted', at: lost.submittedAt, attempt: 0, by: 'submitter' },
        { type: 'assigned', at: NOW, attempt: 1, by, why: worker.name },
        { type: 'started', at: NOW, attempt: 1, by },
        { type: 'requeued', at: LATE, attempt: 1, by: 'sweep', why: `${by} stopped answering` },
        { type: 'assigned', at: LATE + 1, attempt: 2, by, why: worker.name },
        { type: 'failed', at: LATE + 2, attempt: 2, by, kind: 'build', why: FAILED.message },
        { type: 'retried', at: LATE + 3, attempt: 2, by: 'submitter', why: 'as next' },
      ]);
    });

    it('tell each retry once, with its line, by whichever of eight sendings; later ones change nothing', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const retried = (retryId: string, at: number) =>
        stores.logs.noteRetry(build, retryId, { timestamp: at, level: 'info', message: `as ${retryId}` });
      const sendings = await race(() => retried('second', NOW + 2));
      expect(sendings.filter((isNew) => isNew)).toHaveLength(1);
      expect(await retried('first', NOW + 1)).toBe(true);
      expect(await retried('second', NOW + 3)).toBe(false);
      const told = (await stores.builds.events(build)).filter(({ type }) => type === 'retried');
      expect(told).toEqual([
        { type: 'retried', at: NOW + 1, attempt: 1, by: 'submitter', why: 'as first' },
        { type: 'retried', at: NOW + 2, attempt: 1, by: 'submitter', why: 'as second' },
      ]);
      const { lines } = await stores.logs.read(build.id, 0, { now: LATE, hasTail: false });
      expect(lines.map(({ message }) => message)).toEqual(['as second', 'as first']);
    });
  });
}
