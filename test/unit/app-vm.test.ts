import { beforeEach, describe, expect, it } from 'vitest';
import { authenticateVm } from '../../lib/app/authenticate-vm.ts';
import { beatTokenOf } from '../../lib/app/beat-token.ts';
import { completeFromVm } from '../../lib/app/finish-build.ts';
import { heartbeat } from '../../lib/app/heartbeat.ts';
import { vmReady } from '../../lib/app/vm-ready.ts';
import { vmStatus } from '../../lib/app/vm-status.ts';
import { BUILD_STATES, isTerminal } from '../../lib/domain/build.ts';
import { MAX_WRONG_TRIES } from '../../lib/domain/one-time-password.ts';
import { aBuild, aWorker, NOW, SHA } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';
import { OTP_MS } from '../support/settings.ts';

const MAX_BUILD_MS = 3 * 3_600_000;
const otp = { hash: 'hash of the password', expiresAt: NOW + OTP_MS, wrongTries: 0 };
const TOKEN = 'derived from vm build-1 1 the password';
const AS_VM = { vmTokenHash: `hash of ${TOKEN}` };
let world: World;
beforeEach(() => {
  world = memoryWorld();
  world.builds.set('build-1', aBuild('assigned', { otp }));
  world.workers.set('worker-1', aWorker({ current: { buildId: 'build-1', attempt: 1 } }));
});
const authenticate = (password = 'the password') => authenticateVm(world.deps, 'build-1', password, MAX_BUILD_MS);
const build = () => world.builds.get('build-1');

describe('the exchange of a one-time password', () => {
  it('answers a token of which only the hash is kept, good until the attempt must end', async () => {
    expect(await authenticate()).toEqual({ token: TOKEN, expiresAt: NOW - 30_000 + MAX_BUILD_MS });
    expect(build()).toMatchObject({ state: 'assigned', otp: { usedAt: NOW }, vm: { tokenHash: AS_VM.vmTokenHash } });
    expect(JSON.stringify([...world.builds])).not.toContain(`"${TOKEN}"`);
    expect(world.events).toEqual([{ event: 'vm_admitted', buildId: 'build-1', attempt: 1 }]);
  });

  it('whose answer got lost has the same answer for a minute, and no second effect', async () => {
    world.faults.set('builds.admitVm', 'after');
    await expect(authenticate()).rejects.toThrow('lost after');
    world.faults.clear();
    const before = build();
    world.state.now += 59_999;
    expect((await authenticate()).token).toBe(TOKEN);
    world.state.now += 1;
    await expect(authenticate()).rejects.toMatchObject({ code: 'otp_refused', message: 'OTP expired' });
    expect(build()).toEqual(before);
  });

  it('that meets another one in the moment of its write answers what the other did', async () => {
    const [first, second] = await Promise.all([authenticate(), authenticate()]);
    expect(first).toEqual(second);
    expect(world.events).toHaveLength(1);
  });

  it('across a change of the controller’s secret is refused, and changes nothing', async () => {
    await authenticate();
    const before = build();
    const changed = { ...world.deps, derive: (seed: string) => `otherwise derived from ${seed}` };
    await expect(authenticateVm(changed, 'build-1', 'the password', MAX_BUILD_MS)).rejects.toMatchObject({
      message: 'Invalid OTP',
    });
    expect(build()).toEqual(before);
  });

  it('with wrong passwords is refused, of which five are written down; the right one is good after any number', async () => {
    for (let tries = 0; tries < MAX_WRONG_TRIES + 2; tries++) {
      await expect(authenticate('a guess')).rejects.toMatchObject({ code: 'otp_refused', message: 'Invalid OTP' });
    }
    expect(build()?.otp?.wrongTries).toBe(MAX_WRONG_TRIES);
    expect(world.calls.filter((call) => call === 'builds.countWrongOtp')).toHaveLength(MAX_WRONG_TRIES);
    await authenticate();
    expect(world.calls.filter((call) => call === 'builds.admitVm')).toHaveLength(1);
  });

  it('is of builds that are there', async () => {
    await expect(authenticateVm(world.deps, 'absent', 'x', MAX_BUILD_MS)).rejects.toMatchObject({
      code: 'build_not_found',
    });
  });
});

describe('a virtual machine', () => {
  it('is ready once, and makes a lease that is about to end longer, never shorter', async () => {
    await authenticate();
    world.builds.set('build-1', { ...aBuild('assigned'), ...build(), leaseUntil: NOW + 1 });
    expect(await vmReady(world.deps, 'build-1', AS_VM, 90_000)).toBe(NOW);
    expect(build()).toMatchObject({ state: 'building', leaseUntil: NOW + 90_000, vm: { readyAt: NOW } });
    world.builds.set('build-1', { ...aBuild('building'), ...build(), leaseUntil: NOW + 1_800_000 });
    world.state.now += 1;
    expect(await vmReady(world.deps, 'build-1', AS_VM, 90_000)).toBe(NOW);
    expect(build()?.leaseUntil).toBe(NOW + 1_800_000);
  });

  it.each([
    ['made up', 'assigned', { vmTokenHash: 'made up' }, 'lease_lost'],
    ['of a cancelled build', 'cancelled', AS_VM, 'build_cancelled'],
    ['of an ended build', 'completed', AS_VM, 'build_finished'],
  ] as const)('with a token %s learns why it must stop', async (_what, state, claim, code) => {
    world.builds.set('build-1', aBuild(state, { vm: { tokenHash: AS_VM.vmTokenHash, beatTokenHash: 'b' } }));
    await expect(vmReady(world.deps, 'build-1', claim, 90_000)).rejects.toMatchObject({ code });
    expect(world.calls).toEqual(['builds.vmReady']);
  });
});

describe('the artifact of a virtual machine', () => {
  const file = { bytes: Buffer.from('an app'), sha256: SHA };
  const bring = (claim = AS_VM, what = file) => completeFromVm(world.deps, 'build-1', claim, what);
  beforeEach(() => authenticate());

  it('completes the build and frees its worker', async () => {
    await bring();
    expect(build()).toMatchObject({ state: 'completed', result: { sha256: SHA, size: 6, filename: 'build-1.ipa' } });
    expect(world.workers.get('worker-1')).toMatchObject({ completedBuilds: 1 });
    expect(world.workers.get('worker-1')).not.toHaveProperty('current');
  });

  it('brought again, its answer lost, is the same answer, stored once and counted once', async () => {
    world.faults.set('builds.finish', 'after');
    await expect(bring()).rejects.toThrow('lost after');
    world.faults.clear();
    await bring();
    await bring();
    expect(world.calls.filter((call) => call === 'files.put')).toHaveLength(1);
    expect(world.workers.get('worker-1')).toMatchObject({ completedBuilds: 1 });
  });

  it('that is another one after the end, or comes from another machine, changes nothing', async () => {
    await expect(bring({ vmTokenHash: 'another' })).rejects.toMatchObject({ code: 'lease_lost' });
    await bring();
    const before = build();
    const other = { bytes: Buffer.from('another app'), sha256: 'cd'.repeat(32) };
    await expect(bring(AS_VM, other)).rejects.toMatchObject({ code: 'build_finished' });
    expect(build()).toEqual(before);
  });

  it('of a cancelled build is not even stored', async () => {
    world.builds.set('build-1', { ...aBuild('cancelled'), ...build(), state: 'cancelled' });
    await expect(bring()).rejects.toMatchObject({ code: 'build_cancelled' });
    expect(world.calls).not.toContain('files.put');
  });
});

describe('progress', () => {
  const beat = (progress?: number) => heartbeat(world.deps, 'build-1', { workerId: 'worker-1' }, 90_000, progress);

  it('is a line of the log when it is new, and nothing when it is not', async () => {
    for (const percent of [10, 10, undefined, 20, 20, 10]) await beat(percent);
    expect(world.notes).toEqual([10, 20, 10].map((percent) => `build-1: Build progress: ${percent}%`));
  });

  it('that cannot be noted is no failure of the heartbeat', async () => {
    world.faults.set('logs.note', 'before');
    expect(await beat(10)).toBe(NOW + 90_000);
    expect(world.events.map(({ event }) => event)).toEqual(['event_not_stored']);
  });
});

describe('the state of a virtual machine', () => {
  const vm = { tokenHash: 'hash of vm', beatTokenHash: 'hash of id from beat hash of vm', readyAt: NOW };

  it('is told with the token for signs of life as long as the build is held, and else as if it were not ready', async () => {
    for (const state of BUILD_STATES) {
      world.builds.set('build-1', aBuild(state, state === 'pending' ? {} : { vm }));
      const status = await vmStatus(world.deps, 'build-1');
      const isHeld = state !== 'pending' && !isTerminal(state);
      expect([state, status]).toEqual([
        state,
        isHeld ? { ready: { beatToken: 'id from beat hash of vm', at: NOW } } : {},
      ]);
    }
    expect(vm.beatTokenHash).toBe(world.deps.secrets.hash(beatTokenOf(world.deps.secrets, vm.tokenHash)));
    expect(new Set(world.calls)).toEqual(new Set(['builds.get']));
  });

  it('of a machine that has only come in is not ready, and of a build that is not there is not found', async () => {
    await authenticate();
    expect(await vmStatus(world.deps, 'build-1')).toEqual({});
    await expect(vmStatus(world.deps, 'absent')).rejects.toMatchObject({ code: 'build_not_found' });
  });
});
