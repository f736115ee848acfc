import { describe, expect, it } from 'vitest';
import type { AssignRefusal } from '../../lib/domain/assignment.ts';
import { decide } from '../../lib/domain/transitions.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import {
  assignedBuild,
  claimOf,
  found,
  grantOf,
  holderOf,
  idleWorker,
  LEASE_MS,
  MAX_ATTEMPTS,
  NOW,
  newBuild,
  newWorker,
  pendingBuild,
  RACERS,
  race,
  runningBuild,
} from './scene.ts';
import type { Stores } from './stores.ts';

const beat = (leaseUntil = NOW + 2 * LEASE_MS) => ({ now: NOW + 1, leaseUntil });

/** Everything up to a running build. */
export function grantsContract(open: () => Stores): void {
  describe('create', () => {
    it('stores what it was given, and takes its own resend for the same creation', async () => {
      const [{ builds }, build] = [open(), newBuild()];
      expect(await builds.get(build.id)).toBeUndefined();
      expect(await builds.create(build)).toBe(true);
      expect(await builds.get(build.id)).toEqual(build);
      expect(await builds.create(build)).toBe(true);
    });

    it('refuses an id that is taken, and changes nothing', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      expect(await stores.builds.create(newBuild({ id: build.id }))).toBe(false);
      expect(await stores.builds.get(build.id)).toEqual(build);
    });

    it('lets one of eight create one id', async () => {
      const [{ builds }, id] = [open(), secrets.id()];
      const created = await race(() => builds.create(newBuild({ id })));
      expect(created.filter(Boolean)).toHaveLength(1);
    });
  });

  describe('addToken', () => {
    it('keeps the first token and the ten newest in all', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      for (let number = 1; number <= 15; number++) {
        await stores.builds.addToken(await found(stores, build.id), `token-${number}`);
      }
      const { tokenHashes } = await found(stores, build.id);
      expect(tokenHashes).toHaveLength(10);
      expect([tokenHashes[0], tokenHashes[1], tokenHashes.at(-1)]).toEqual([
        build.tokenHashes[0],
        'token-7',
        'token-15',
      ]);
    });

    it('refuses a build that is not there', async () => {
      await expect(open().builds.addToken(newBuild(), 'token')).rejects.toThrow('many times at once');
    });

    it('loses no token of those that it has let in when eight come at once', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      const added = await race(async (racer) => {
        const [outcome] = await Promise.allSettled([stores.builds.addToken(build, `token-${racer}`)]);
        return outcome.status === 'fulfilled' ? [`token-${racer}`] : [];
      });
      expect(added.flat().length).toBeGreaterThan(0);
      expect((await found(stores, build.id)).tokenHashes).toEqual(expect.arrayContaining(added.flat()));
    });
  });

  describe('markSent', () => {
    it('counts the sends of a build that waits, however many note it', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      await race(() => stores.builds.markSent(build, 2, NOW + 1));
      expect(await found(stores, build.id)).toEqual({ ...build, sends: 2 });
    });

    it('changes nothing when the build has another attempt, or is held at this one, or is not there', async () => {
      const stores = open();
      const [waiting, held] = [await pendingBuild(stores), await assignedBuild(stores)];
      await stores.builds.markSent({ id: waiting.id, attempt: 1 }, 9, NOW);
      await stores.builds.markSent(held, 9, NOW);
      await stores.builds.markSent(newBuild({ id: `absent-${waiting.id}` }), 9, NOW);
      expect(await found(stores, waiting.id)).toEqual(waiting);
      expect(await found(stores, held.id)).toEqual(held);
      expect(await stores.builds.get(`absent-${waiting.id}`)).toBeUndefined();
    });
  });

  describe('assign', () => {
    it('changes build and worker together, and takes its own resend for the same grant', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      const worker = await idleWorker(stores, { lastOutcome: 'lost' });
      const grant = grantOf(build, worker, { strikes: 2 });
      const after = {
        ...build,
        state: 'assigned',
        attempt: 1,
        holder: grant.holder,
        otp: { hash: grant.otpHash, expiresAt: grant.otpExpiresAt, wrongTries: 0 },
        startedAt: NOW,
        leaseUntil: grant.leaseUntil,
      };
      const { lastOutcome: _past, ...rest } = worker;
      const busy = { ...rest, current: { buildId: build.id, attempt: 1 }, lastSeenAt: NOW, grantedAt: NOW, strikes: 2 };
      for (let sending = 1; sending <= 2; sending++) {
        expect(await stores.builds.assign(grant), `sending ${sending}`).toEqual({ ok: true });
        expect(await found(stores, build.id)).toEqual(after);
        expect(await stores.workers.get(worker.id)).toEqual(busy);
      }
    });

    const refuses = (what: string, refusal: AssignRefusal, prepare: (stores: Stores) => Promise<GrantParts>) =>
      it(`refuses ${what} as ${refusal}, and changes neither`, async () => {
        const stores = open();
        const {
          build = await pendingBuild(stores),
          worker = await idleWorker(stores),
          ...changes
        } = await prepare(stores);
        const before = [await readable(stores, build.id), await stores.workers.get(worker.id)];
        const outcome = await stores.builds.assign(grantOf(build, worker, changes));
        expect(outcome).toMatchObject({ ok: false, refusal });
        expect([await readable(stores, build.id), await stores.workers.get(worker.id)]).toEqual(before);
      });

    refuses('a build that is not there', 'build_absent', async () => ({ build: newBuild() }));
    refuses('an attempt that is over', 'build_moved', async () => ({ attempt: 1 }));
    refuses('a build for another platform', 'build_moved', async () => ({ platform: 'android' }));
    refuses('a build that is held', 'build_moved', async (stores) => ({ build: await assignedBuild(stores) }));
    refuses('a build without source', 'source_missing', async (stores) => {
      const { source: _none, ...build } = newBuild();
      await stores.builds.create(build);
      return { build };
    });
    refuses('a build whose attempts are spent', 'attempts_exhausted', async (stores) => ({
      build: await pendingBuild(stores, { spentAttempts: MAX_ATTEMPTS }),
    }));
    refuses('a record that cannot be read', 'unreadable', async (stores) => {
      const build = await pendingBuild(stores);
      await stores.spoil(build.id);
      return { build };
    });
    refuses('a worker that is not there', 'worker_not_found', async () => ({ worker: newWorker() }));
    refuses('a worker that has registered again', 'worker_offline', async () => ({ workerEpoch: 0 }));
    refuses('a worker that holds a build', 'worker_busy', async (stores) => {
      const worker = await holderOf(stores, await assignedBuild(stores));
      return worker ? { worker } : {};
    });
    refuses('a stale build before it looks at the worker', 'build_moved', async () => ({
      attempt: 1,
      worker: newWorker(),
    }));

    it('gives one build to one of eight workers', async () => {
      const stores = open();
      const build = await pendingBuild(stores);
      const workers = await race(() => idleWorker(stores));
      const outcomes = await Promise.all(workers.map((worker) => stores.builds.assign(grantOf(build, worker))));
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      const busy = (await Promise.all(workers.map(({ id }) => stores.workers.get(id)))).filter((one) => one?.current);
      expect(busy.map((one) => one?.id)).toEqual([(await found(stores, build.id)).holder?.workerId]);
    });

    it('gives one worker one of eight builds', async () => {
      const stores = open();
      const worker = await idleWorker(stores);
      const outcomes = await race(async () => stores.builds.assign(grantOf(await pendingBuild(stores), worker)));
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    });
  });

  describe('reissueOtp', () => {
    it('is for an assignment that has not begun, at its attempt', async () => {
      const stores = open();
      const [assigned, running] = [await assignedBuild(stores), await runningBuild(stores)];
      const otp = { hash: 'newer', expiresAt: NOW + 2 };
      const reissued = await race(() => stores.builds.reissueOtp(assigned, otp));
      expect(reissued).toEqual(Array.from({ length: RACERS }, () => true));
      const late = { hash: 'other', expiresAt: NOW + 3 };
      expect(await stores.builds.reissueOtp({ ...assigned, attempt: 2 }, late)).toBe(false);
      expect(await stores.builds.reissueOtp(running, late)).toBe(false);
      expect(await stores.builds.reissueOtp(newBuild(), late)).toBe(false);
      expect(await found(stores, assigned.id)).toEqual({ ...assigned, otp: { ...otp, wrongTries: 0 } });
    });
  });

  describe('heartbeat', () => {
    it('begins the work once and moves the lease, for eight at a time too', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      await stores.builds.heartbeat(build.id, claimOf(build), { now: NOW + 5, leaseUntil: NOW + 6 });
      const outcomes = await race(() => stores.builds.heartbeat(build.id, claimOf(build), beat()));
      expect(outcomes).toEqual(Array.from({ length: RACERS }, () => ({ ok: true })));
      const after = { ...build, state: 'building', buildingSince: NOW + 5, leaseUntil: beat().leaseUntil };
      expect(await found(stores, build.id)).toEqual(after);
    });

    it.each([
      ['another worker', { workerId: 'another' }],
      ['another attempt', { attempt: 2 }],
      ['another token', { tokenHash: 'another' }],
    ])('refuses %s, and shows what there is', async (_who, changes) => {
      const stores = open();
      const build = await runningBuild(stores);
      const outcome = await stores.builds.heartbeat(build.id, claimOf(build, changes), beat());
      expect(outcome).toEqual({ ok: false, current: build });
      expect(await found(stores, build.id)).toEqual(build);
    });

    it('refuses a build that waits, has ended, or is not there', async () => {
      const stores = open();
      const [waiting, ended] = [await pendingBuild(stores), await runningBuild(stores)];
      await stores.builds.cancel(ended, NOW);
      const now = await found(stores, ended.id);
      const refused = (current: object | undefined) => ({ ok: false, current });
      expect(await stores.builds.heartbeat(waiting.id, claimOf(waiting), beat())).toEqual(refused(waiting));
      expect(await stores.builds.heartbeat(ended.id, claimOf(ended), beat())).toEqual(refused(now));
      expect(await stores.builds.heartbeat('absent', claimOf(waiting), beat())).toEqual(refused(undefined));
    });

    it('says of progress whether it is new: to one of eight, and in the next attempt again', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      const bring = (progress: number) => stores.builds.heartbeat(build.id, claimOf(build), { ...beat(), progress });
      const first = await race(() => bring(10));
      expect(first.filter((outcome) => outcome.ok && outcome.isProgressNew)).toHaveLength(1);
      expect(await bring(20)).toMatchObject({ ok: true, isProgressNew: true });
      expect(await bring(20)).toMatchObject({ ok: true, isProgressNew: false });
      const held = await found(stores, build.id);
      const giving = { type: 'giveBack', claim: claimOf(held), spends: false, maxAttempts: MAX_ATTEMPTS } as const;
      const decision = decide(held, giving, NOW);
      if (!decision.ok) throw new Error(decision.why);
      await stores.builds.giveBack(held, decision.next, NOW, 'stays');
      const worker = await idleWorker(stores);
      await stores.builds.assign(grantOf(await found(stores, build.id), worker));
      const again = claimOf(await found(stores, build.id));
      const outcome = await stores.builds.heartbeat(build.id, again, { ...beat(), progress: 20 });
      expect(outcome).toMatchObject({ ok: true, isProgressNew: true });
    });

    it('binds the build to a newer token, and from then on refuses the old one', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      await stores.builds.heartbeat(build.id, claimOf(build), { ...beat(), rebindTo: 'newer' });
      const by = async (tokenHash: string | undefined) =>
        (await stores.builds.heartbeat(build.id, { ...claimOf(build), ...(tokenHash && { tokenHash }) }, beat())).ok;
      expect([await by('newer'), await by(build.holder?.tokenHash), await by(undefined)]).toEqual([true, false, true]);
    });
  });

  describe('extendLease', () => {
    it('makes a lease longer, never shorter, and only that of the attempt it was meant for', async () => {
      const stores = open();
      const [held, waiting] = [await assignedBuild(stores), await pendingBuild(stores)];
      const longer = NOW + 3 * LEASE_MS;
      await race((racer) => stores.builds.extendLease(held, longer - racer));
      await stores.builds.extendLease({ ...held, attempt: 2 }, longer + 1);
      await stores.builds.extendLease(waiting, longer);
      expect(await found(stores, held.id)).toEqual({ ...held, leaseUntil: longer });
      expect(await found(stores, waiting.id)).toEqual(waiting);
    });
  });
}

type GrantParts = Partial<Parameters<typeof grantOf>[2]> & {
  readonly build?: Parameters<typeof grantOf>[0];
  readonly worker?: Parameters<typeof grantOf>[1];
};

async function readable({ builds }: Stores, id: string) {
  const [read] = await Promise.allSettled([builds.get(id)]);
  return read.status === 'fulfilled' ? read.value : 'unreadable';
}
