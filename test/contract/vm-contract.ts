import { describe, expect, it } from 'vitest';
import type { Build } from '../../lib/domain/build.ts';
import { MAX_WRONG_TRIES } from '../../lib/domain/one-time-password.ts';
import { decide } from '../../lib/domain/transitions.ts';
import {
  aResult,
  assignedBuild,
  claimOf,
  found,
  LEASE_MS,
  MAX_ATTEMPTS,
  NOW,
  newBuild,
  pendingBuild,
  RACERS,
  race,
  runningBuild,
} from './scene.ts';
import type { Stores } from './stores.ts';

const VM = { tokenHash: 'hash-of-vm', beatTokenHash: 'hash-of-beat' };
const AS_VM = { vmTokenHash: VM.tokenHash };
const AS_BEAT = { beatTokenHash: VM.beatTokenHash };
const beat = { now: NOW + 2, leaseUntil: NOW + 3 * LEASE_MS };

async function withVm(stores: Stores, build?: Build): Promise<Build> {
  const seen = build ?? (await assignedBuild(stores));
  expect(await stores.builds.admitVm(seen, VM, NOW + 1)).toEqual({ ok: true });
  return found(stores, seen.id);
}

/** How a virtual machine comes in, and what its tokens are then good for. */
export function vmContract(open: () => Stores): void {
  describe('countWrongOtp', () => {
    it('counts as far as it goes, however many try at once, and not beyond', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      await race(() => stores.builds.countWrongOtp(build));
      const { otp } = await found(stores, build.id);
      expect(otp).toEqual({ ...build.otp, wrongTries: MAX_WRONG_TRIES });
    });

    it('is forgiven with a new password', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      await stores.builds.countWrongOtp(build);
      await stores.builds.reissueOtp(build, { hash: 'newer', expiresAt: NOW + 9 });
      expect((await found(stores, build.id)).otp).toEqual({ hash: 'newer', expiresAt: NOW + 9, wrongTries: 0 });
    });
  });

  describe('admitVm', () => {
    it('exchanges the password once, for one of eight', async () => {
      const stores = open();
      const build = await assignedBuild(stores);
      const outcomes = await race((racer) =>
        stores.builds.admitVm(build, { ...VM, tokenHash: `hash-${racer}` }, NOW + racer),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      const winner = outcomes.findIndex(({ ok }) => ok);
      const after = { ...build, otp: { ...build.otp, usedAt: NOW + winner } };
      expect(await found(stores, build.id)).toEqual({ ...after, vm: { ...VM, tokenHash: `hash-${winner}` } });
    });

    const refuses = (what: string, prepare: (stores: Stores, build: Build) => Promise<Build>) =>
      it(`refuses ${what}, and changes nothing`, async () => {
        const stores = open();
        const seen = await prepare(stores, await assignedBuild(stores));
        const before = await stores.builds.get(seen.id);
        expect(await stores.builds.admitVm(seen, VM, NOW)).toEqual({ ok: false, current: before });
        await stores.builds.countWrongOtp(seen);
        expect(await stores.builds.get(seen.id)).toEqual(before);
      });

    refuses('a password that was issued again', async (stores, build) => {
      await stores.builds.reissueOtp(build, { hash: 'newer', expiresAt: NOW + 9 });
      return build;
    });
    refuses('a password that was used', async (stores, build) => {
      await stores.builds.admitVm(build, { ...VM, tokenHash: 'earlier' }, NOW);
      return build;
    });
    refuses('another attempt', async (_stores, build) => ({ ...build, attempt: 2 }));
    refuses('a build that has ended', async (stores, build) => {
      await stores.builds.cancel(build, NOW);
      return build;
    });
    refuses('a build that is not there', async (_stores, { otp }) => ({ ...newBuild(), ...(otp && { otp }) }));
  });

  describe('vmReady', () => {
    it('begins the work, and the first time stands, for eight at a time too', async () => {
      const stores = open();
      const build = await withVm(stores);
      await stores.builds.vmReady(build.id, AS_VM, NOW + 5);
      const outcomes = await race((racer) => stores.builds.vmReady(build.id, AS_VM, NOW + 10 + racer));
      const ready = { ...VM, readyAt: NOW + 5 };
      const after = { ...build, state: 'building', buildingSince: NOW + 5, vm: ready };
      expect(outcomes).toEqual(Array.from({ length: RACERS }, () => ({ ok: true, build: after })));
      expect(await found(stores, build.id)).toEqual(after);
    });

    it('refuses another machine, an ended build, and one that is not there', async () => {
      const stores = open();
      const [build, ended] = [await withVm(stores), await withVm(stores)];
      await stores.builds.cancel(ended, NOW);
      const now = await found(stores, ended.id);
      const ready = (id: string, vmTokenHash: string) => stores.builds.vmReady(id, { vmTokenHash }, NOW);
      expect(await ready(build.id, 'another')).toEqual({ ok: false, current: build });
      expect(await ready(ended.id, VM.tokenHash)).toEqual({ ok: false, current: now });
      expect(await ready('absent', VM.tokenHash)).toEqual({ ok: false, current: undefined });
      expect(await found(stores, build.id)).toEqual(build);
    });

    it('is asked again of a machine that came in with a newer password', async () => {
      const stores = open();
      const build = await withVm(stores);
      await stores.builds.reissueOtp(build, { hash: 'newer', expiresAt: NOW + 9 });
      const again = { tokenHash: 'hash-of-second', beatTokenHash: 'beat-of-second' };
      await stores.builds.admitVm(await found(stores, build.id), again, NOW + 2);
      expect((await found(stores, build.id)).vm).toEqual(again);
      expect((await stores.builds.vmReady(build.id, AS_VM, NOW)).ok).toBe(false);
      expect((await stores.builds.heartbeat(build.id, AS_BEAT, beat)).ok).toBe(false);
    });
  });

  describe('a heartbeat by a token of the machine', () => {
    it.each([
      ['its own', AS_VM],
      ['the one for signs of life', AS_BEAT],
    ])('takes %s', async (_which, claim) => {
      const stores = open();
      const build = await withVm(stores);
      expect(await stores.builds.heartbeat(build.id, claim, beat)).toEqual({ ok: true });
      const moved = { state: 'building', buildingSince: beat.now, leaseUntil: beat.leaseUntil };
      expect(await found(stores, build.id)).toEqual({ ...build, ...moved });
    });

    it.each([
      ['another', { vmTokenHash: 'another' }],
      ['the one as the other', { vmTokenHash: VM.beatTokenHash }],
      ['the other as the one', { beatTokenHash: VM.tokenHash }],
    ])('refuses %s', async (_which, claim) => {
      const stores = open();
      const build = await withVm(stores);
      expect(await stores.builds.heartbeat(build.id, claim, beat)).toEqual({ ok: false, current: build });
      expect(await found(stores, build.id)).toEqual(build);
    });

    it('refuses every token where no machine has come in', async () => {
      const stores = open();
      for (const build of [await pendingBuild(stores), await assignedBuild(stores), await runningBuild(stores)]) {
        expect(await stores.builds.heartbeat(build.id, AS_VM, beat)).toEqual({ ok: false, current: build });
      }
    });
  });

  describe('samples', () => {
    const sample = { at: NOW, cpuPercent: 150.5 };

    it('of a heartbeat are due once a minute, to one of eight', async () => {
      const stores = open();
      const build = await runningBuild(stores);
      const bring = (at: number) =>
        stores.builds.heartbeat(build.id, claimOf(build), { ...beat, sample: { ...sample, at } });
      const due = (outcomes: object[]) => outcomes.filter((one) => 'isSampleDue' in one && one.isSampleDue).length;
      expect(due(await race(() => bring(NOW)))).toBe(1);
      expect(due(await race(() => bring(NOW + 60_000)))).toBe(1);
    });

    it('are taken from the holder’s name while it holds the build, and move nothing', async () => {
      const stores = open();
      const [build, waiting, ended] = [
        await runningBuild(stores),
        await pendingBuild(stores),
        await runningBuild(stores),
      ];
      const name = ({ holder }: Build) => holder?.workerId ?? 'nobody';
      await stores.builds.cancel(ended, NOW);
      const refused = await Promise.all([
        stores.builds.measure(build.id, 'another', sample),
        stores.builds.measure(waiting.id, 'nobody', sample),
        stores.builds.measure(ended.id, name(ended), sample),
        stores.builds.measure('absent', name(build), sample),
      ]);
      expect(refused).toEqual([false, false, false, false]);
      expect(await stores.builds.get('absent')).toBeUndefined();
      const taken = await race(() => stores.builds.measure(build.id, name(build), sample));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await found(stores, build.id)).toEqual(build);
    });
  });

  describe('the end of an attempt', () => {
    it('that is given back forgets password and machine', async () => {
      const stores = open();
      const seen = await withVm(stores);
      const command = { type: 'giveBack', claim: claimOf(seen), spends: true, maxAttempts: MAX_ATTEMPTS } as const;
      const decision = decide(seen, command, NOW);
      if (!decision.ok) throw new Error(decision.why);
      await stores.builds.giveBack(seen, decision.next, NOW, 'stays');
      expect(await found(stores, seen.id)).toEqual(decision.next);
      expect(decision.next).not.toHaveProperty('vm');
      expect(decision.next).not.toHaveProperty('otp');
    });

    it('that is final forgets the password and remembers the machine, which can do nothing more', async () => {
      const stores = open();
      const seen = await withVm(stores);
      await stores.builds.finish(seen.id, claimOf(seen), { state: 'completed', result: aResult('r') }, NOW);
      const after = await found(stores, seen.id);
      expect([after.vm, after.otp]).toEqual([VM, undefined]);
      for (const claim of [AS_VM, AS_BEAT]) {
        expect(await stores.builds.heartbeat(seen.id, claim, beat)).toEqual({ ok: false, current: after });
      }
    });
  });
}
