import { beforeEach, describe, expect, it } from 'vitest';
import { assignBuild } from '../../lib/app/assign-build.ts';
import { authenticateWorker } from '../../lib/app/authenticate-worker.ts';
import { buryMessage } from '../../lib/app/bury-message.ts';
import { registerWorker, WORKER_ID_LENGTH } from '../../lib/app/register-worker.ts';
import type { Worker } from '../../lib/domain/worker.ts';
import { aBuild, aHint, aHolder, aWorker, NOW } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';
import { OTP_MS, QUARANTINE } from '../support/settings.ts';

const leases = { firstLeaseMs: 1_800_000, leaseMs: 90_000, maxAttempts: 3 };
const settings = { ...leases, otpMs: OTP_MS, quarantine: QUARANTINE };
const held = { buildId: 'build-1', attempt: 1 };
let world: World;
beforeEach(() => {
  world = memoryWorld();
  world.workers.set('worker-1', aWorker());
  world.builds.set('build-1', aBuild());
});
const poll = (worker: Worker = world.workers.get('worker-1') ?? aWorker()) =>
  assignBuild(world.deps, worker, 'hash-of-worker-1', settings);
const send = (changes: Parameters<typeof aHint>[0] = {}) => world.deps.queue.send(aHint(changes));

describe('a poll', () => {
  it('grants a build, then deletes its message, then answers', async () => {
    await send();
    const { assignment } = await poll();
    expect(world.calls).toEqual(['queue.send', 'queue.receive', 'waiting.urgent', 'builds.assign', 'queue.delete']);
    expect(assignment).toMatchObject({
      buildId: 'build-1',
      attempt: 1,
      leaseUntil: NOW + 1_800_000,
      otp: expect.any(String),
    });
    expect(world.builds.get('build-1')).toMatchObject({
      state: 'assigned',
      attempt: 1,
      holder: { workerId: 'worker-1', tokenHash: 'hash-of-worker-1' },
    });
    expect(world.dueAt.get('build-1')).toBe(NOW + 90_000);
    expect(world.messages.size).toBe(0);
  });

  it('again, before the first heartbeat, is the same assignment with a new password, and nothing is received', async () => {
    await send();
    const [first, second] = [await poll(), await poll()];
    expect({ ...second.assignment, otp: '' }).toEqual({ ...first.assignment, otp: '' });
    expect(second.assignment?.otp).not.toBe(first.assignment?.otp);
    expect(world.calls.filter((call) => call === 'queue.receive')).toHaveLength(1);
  });

  it('of a worker at work gets no job and takes nothing from a queue', async () => {
    world.builds.set('build-1', aBuild('building'));
    expect(await poll(aWorker({ current: held }))).not.toHaveProperty('assignment');
    expect(world.calls).toEqual(['builds.get']);
  });

  it.each([
    ['ended', aBuild('cancelled')],
    ['was granted again', aBuild('assigned', { attempt: 2 })],
    ['is another’s', aBuild('assigned', { holder: aHolder({ workerId: 'worker-2' }) })],
    ['is gone', undefined],
  ])('of a worker whose build %s forgets it and looks for another', async (_why, build) => {
    world.builds.delete('build-1');
    if (build) world.builds.set('build-1', build);
    world.builds.set('build-2', aBuild('pending', { id: 'build-2' }));
    world.workers.set('worker-1', aWorker({ current: held }));
    await send({ buildId: 'build-2' });
    expect((await poll()).assignment?.buildId).toBe('build-2');
    expect(world.calls).toContain('workers.forget');
  });

  it('that cannot answer for certain gives the message back and fails', async () => {
    await send();
    world.faults.set('builds.assign', 'before');
    await expect(poll()).rejects.toThrow('lost before');
    expect([...world.messages.values()].map(({ visibleAt }) => visibleAt - NOW)).toEqual([8000]);
  });

  it('whose message could not be deleted has its build all the same, and the copy is deleted when it comes again', async () => {
    await send();
    world.faults.set('queue.delete', 'before');
    expect((await poll()).assignment?.buildId).toBe('build-1');
    expect(world.events.map(({ event }) => event)).toEqual(['build_assigned', 'message_left_to_timeout']);
    world.faults.clear();
    world.state.now += 30_000;
    world.workers.set('worker-2', aWorker({ id: 'worker-2' }));
    expect(await poll(aWorker({ id: 'worker-2' }))).not.toHaveProperty('assignment');
    expect(world.messages.size).toBe(0);
    expect(world.builds.get('build-1')).toMatchObject({ attempt: 1, holder: { workerId: 'worker-1' } });
  });

  it('notes that an idle worker was seen, at most every two and a half minutes', async () => {
    await poll(aWorker({ lastSeenAt: NOW - 149_999 }));
    expect(world.calls).toEqual(['queue.receive']);
    await poll(aWorker({ lastSeenAt: NOW - 150_000 }));
    expect(world.calls).toEqual(['queue.receive', 'queue.receive', 'workers.noteSeen']);
  });

  it('looks into the queues of what the worker builds, in an order that chance decides', async () => {
    await send({ platform: 'android' });
    expect(await poll()).not.toHaveProperty('assignment');
    world.builds.set('build-1', aBuild('pending', { platform: 'android' }));
    expect((await poll(aWorker({ platforms: ['ios', 'android'] }))).assignment?.platform).toBe('android');
    expect(await poll(aWorker({ platforms: [] }))).not.toHaveProperty('assignment');
  });
});

describe('a message that leads nowhere', () => {
  it('is deleted when it is stale, and what waits behind it is found in the same poll', async () => {
    for (let copy = 0; copy < 9; copy++) await send({ attempt: 7 });
    await send();
    expect((await poll()).assignment?.buildId).toBe('build-1');
    expect(world.messages.size).toBe(0);
    expect(world.calls).not.toContain('waiting.some');
  });

  it('with hundreds like it does not keep a build waiting: after ten the oldest builds are tried without messages', async () => {
    for (let copy = 0; copy < 300; copy++) await send({ attempt: 7 });
    await send();
    expect((await poll()).assignment?.buildId).toBe('build-1');
    expect(world.calls.filter((call) => call === 'queue.receive')).toHaveLength(10);
    expect(world.messages.size).toBe(291);
    // Its own message leads nowhere from now on.
    world.builds.set('build-2', aBuild('pending', { id: 'build-2' }));
    world.workers.set('worker-2', aWorker({ id: 'worker-2' }));
    expect((await poll(aWorker({ id: 'worker-2' }))).assignment?.buildId).toBe('build-2');
  });

  it('with many like it: what the worker cannot build is not tried, and the messages are gone through', async () => {
    world.builds.set('build-1', aBuild('pending', { labels: ['signing'] }));
    world.builds.set('build-2', aBuild('pending', { id: 'build-2', platform: 'android' }));
    for (let copy = 0; copy < 12; copy++) await send({ attempt: 7 });
    expect(await poll()).not.toHaveProperty('assignment');
    expect(world.calls.filter((call) => call === 'waiting.some')).toHaveLength(1);
    expect(world.messages.size).toBe(0);
    const refused = world.events.filter(({ event }) => event === 'assignment_refused');
    expect(refused).toEqual(Array(12).fill(expect.objectContaining({ attempt: 7, reason: 'build_moved' })));
  });

  it('with some like it that take half of the poll’s time: the others are not waited for', async () => {
    for (let copy = 0; copy < 8; copy++) await send({ attempt: 7 });
    await send();
    let looks = 0;
    const clock = () => NOW + 120 * looks++;
    const worker = world.workers.get('worker-1') ?? aWorker();
    const answer = await assignBuild({ ...world.deps, clock }, worker, 'hash-of-worker-1', settings);
    expect(answer.assignment?.buildId).toBe('build-1');
    expect(world.messages.size).toBeGreaterThan(1);
  });

  it('with many like it: who has priority is given out before what came earlier', async () => {
    const old = NOW - 18_000_000;
    world.builds.set('gone', aBuild('cancelled', { id: 'gone', submittedAt: old }));
    for (let copy = 0; copy < 12; copy++) await send({ buildId: 'gone', submittedAt: old });
    world.builds.set('build-1', aBuild('pending', { submittedAt: NOW - 60_000 }));
    world.builds.set(
      'build-2',
      aBuild('pending', { id: 'build-2', submittedAt: NOW, priority: 10, rank: NOW - 6_000_000 }),
    );
    expect((await poll()).assignment?.buildId).toBe('build-2');
  });

  it('with many like it and a slow table: it ends in its two seconds, and is to ask again soon', async () => {
    for (let copy = 0; copy < 12; copy++) await send({ attempt: 7 });
    for (let each = 0; each < 20; each++)
      world.builds.set(`b${each}`, aBuild('pending', { id: `b${each}`, attempt: 1 }));
    const waiting = {
      ...world.deps.waiting,
      // The index lags behind: all of them have moved on.
      some: async () => Array.from({ length: 20 }, (_, each) => ({ ...aHint(), buildId: `b${each}`, attempt: 0 })),
    };
    let tries = 0;
    const builds = {
      ...world.deps.builds,
      assign: (grant: Parameters<typeof world.deps.builds.assign>[0]) => {
        tries += grant.buildId.startsWith('b') && grant.buildId !== 'build-1' ? 1 : 0;
        return world.deps.builds.assign(grant);
      },
    };
    const clock = () => NOW + tries * 450;
    const worker = aWorker({ registeredAt: 0 });
    const answer = await assignBuild({ ...world.deps, waiting, builds, clock }, worker, 'hash-of-worker-1', settings);
    expect(answer.nextPollMs).toBeLessThanOrEqual(2_400);
    expect(tries).toBe(5);
  });

  it('with many like it while a pause begins: nothing is handed out', async () => {
    for (let copy = 0; copy < 12; copy++) await send({ attempt: 7 });
    const hasPaused = () => world.calls.includes('waiting.some');
    const lookout = { isPaused: async () => false, isPausedNow: async () => hasPaused() };
    const worker = world.workers.get('worker-1') ?? aWorker();
    const answer = await assignBuild({ ...world.deps, lookout }, worker, 'hash-of-worker-1', settings);
    expect(answer).not.toHaveProperty('assignment');
    expect(world.builds.get('build-1')).toEqual(aBuild());
  });

  it('with many like it and an index that cannot be read: what its message tells of is found all the same', async () => {
    for (let copy = 0; copy < 12; copy++) await send({ attempt: 7 });
    await send();
    world.faults.set('waiting.some', 'before');
    expect((await poll()).assignment?.buildId).toBe('build-1');
    expect(world.events.map(({ event }) => event)).toContain('line_not_read');
  });

  it('ends a poll when there are fifty of them, and the worker is to ask again soon', async () => {
    world.builds.set('build-1', aBuild('cancelled'));
    for (let copy = 0; copy < 51; copy++) await send({ attempt: 7 });
    const answer = await poll(aWorker({ registeredAt: 0 }));
    expect(answer).not.toHaveProperty('assignment');
    expect(answer.nextPollMs).toBeLessThanOrEqual(2_400);
    expect(world.messages.size).toBe(1);
    expect(world.builds.get('build-1')).toEqual(aBuild('cancelled'));
  });

  it('ends a poll when two seconds have gone into them; an empty queue ends it at the pace of the idle', async () => {
    for (let copy = 0; copy < 3; copy++) await send({ attempt: 7 });
    const idle = aWorker({ registeredAt: 0 });
    let looks = 0;
    const clock = () => NOW + 500 * looks++;
    const answer = await assignBuild({ ...world.deps, clock }, idle, 'hash-of-worker-1', settings);
    expect(answer.nextPollMs).toBeLessThanOrEqual(2_400);
    expect(world.messages.size).toBe(1);
    expect((await poll(idle)).nextPollMs).toBeGreaterThan(2_400);
    expect(world.messages.size).toBe(0);
  });

  it('goes back for a reason that passes, and the build stays pending', async () => {
    world.workers.set('worker-1', aWorker({ epoch: 2 }));
    await send();
    expect(await poll(aWorker({ epoch: 1 }))).not.toHaveProperty('assignment');
    expect(world.events).toEqual([
      { event: 'assignment_refused', buildId: 'build-1', attempt: 0, workerId: 'worker-1', reason: 'worker_offline' },
    ]);
    expect([world.messages.size, world.builds.get('build-1')?.state]).toEqual([1, 'pending']);
  });

  it('fails its build for a reason that stays, in the words of the old controller', async () => {
    const { source: _gone, ...bare } = aBuild();
    world.builds.set('build-1', bare);
    world.builds.set('build-2', aBuild('pending', { id: 'build-2', attempt: 3, spentAttempts: 3 }));
    await send();
    await send({ buildId: 'build-2', attempt: 3 });
    await poll();
    expect(world.builds.get('build-1')?.failure).toEqual({
      kind: 'source_missing',
      message: 'Assignment failed: source_missing',
    });
    expect(world.builds.get('build-2')?.failure).toEqual({
      kind: 'lost_worker',
      message: 'Assignment failed: attempts_exhausted',
    });
    expect(world.messages.size).toBe(0);
  });

  it('of a build that is not there goes back while it is young, and is deleted when it is old', async () => {
    await send({ buildId: 'build-9' });
    await poll();
    expect(world.messages.size).toBe(1);
    world.state.now += 15 * 60_000;
    await poll();
    expect(world.messages.size).toBe(0);
  });

  it('put aside fails its build, if that still waits at that attempt', async () => {
    await buryMessage(world.deps, { buildId: 'build-1', attempt: 1 });
    expect(world.builds.get('build-1')?.state).toBe('pending');
    await buryMessage(world.deps, { buildId: 'build-1', attempt: 0 });
    expect(world.builds.get('build-1')).toMatchObject({ state: 'failed', failure: { kind: 'undeliverable' } });
    expect(world.events).toEqual([{ event: 'build_failed', buildId: 'build-1', attempt: 0, kind: 'undeliverable' }]);
  });
});

describe('a registration', () => {
  const deps = () => ({ ...world.deps, maxAttempts: 3 });
  const registration = { name: 'mac', platforms: ['ios' as const] };

  it('makes a worker with an id of ours, and a token that begins with it', async () => {
    const { worker, token, isNew } = await registerWorker(deps(), {
      ...registration,
      id: 'id-of-another-controller',
    });
    expect(isNew).toBe(true);
    expect(worker.id).toHaveLength(WORKER_ID_LENGTH);
    expect(token.startsWith(worker.id)).toBe(true);
    expect(world.workers.get(worker.id)).toMatchObject({
      ...registration,
      epoch: 1,
      token: { hash: `hash of ${token}`, expiresAt: NOW + 3_600_000 },
    });
  });

  it('again keeps the id, raises the epoch, and leaves the old token good', async () => {
    const { worker, token, isNew } = await registerWorker(deps(), { ...registration, id: 'worker-1' });
    expect([worker.id, isNew, worker.epoch]).toEqual(['worker-1', false, 2]);
    expect(world.workers.get('worker-1')).toMatchObject({
      epoch: 2,
      token: { hash: `hash of ${token}` },
      previousToken: { hash: 'hash-of-worker-1' },
    });
  });

  it('without a build gives back the one it holds, spending an attempt; without a word about it keeps it', async () => {
    world.builds.set('build-1', aBuild('building'));
    world.workers.set('worker-1', aWorker({ current: held }));
    await registerWorker(deps(), { ...registration, id: 'worker-1' });
    await registerWorker(deps(), { ...registration, id: 'worker-1', activeBuilds: 1 });
    expect(world.builds.get('build-1')?.leaseUntil).toBe(NOW + 60_000);
    await registerWorker(deps(), { ...registration, id: 'worker-1', activeBuilds: 0 });
    expect(world.builds.get('build-1')).toMatchObject({ state: 'pending', spentAttempts: 1, sends: 1 });
    expect(world.workers.get('worker-1')).not.toHaveProperty('current');
  });

  it('never gives up what is not its own any more', async () => {
    const others = aBuild('building', { attempt: 2, holder: aHolder({ workerId: 'worker-2' }) });
    for (const build of [others, aBuild('building', { attempt: 2 }), aBuild('completed')]) {
      world.builds.set('build-1', build);
      world.workers.set('worker-1', aWorker({ current: held }));
      await registerWorker(deps(), { ...registration, id: 'worker-1', activeBuilds: 0 });
      expect(world.builds.get('build-1')).toEqual(build);
    }
  });

  it('against others gives up after three tries', async () => {
    const workers = { ...world.deps.workers, get: world.deps.workers.get, renew: async () => false };
    await expect(registerWorker({ ...deps(), workers }, { ...registration, id: 'worker-1' })).rejects.toMatchObject({
      code: 'contended',
    });
  });
});

describe('an authentication', () => {
  it('takes the first credential that is good', async () => {
    const bad = { workerId: 'worker-1', tokenHash: 'wrong' };
    const [byToken, byId] = [{ workerId: 'worker-1', tokenHash: 'hash-of-worker-1' }, { workerId: 'worker-1' }];
    expect(await authenticateWorker(world.deps, [bad, byToken])).toMatchObject({
      isToken: true,
      tokenHash: 'hash-of-worker-1',
    });
    expect(await authenticateWorker(world.deps, [bad, byId])).toMatchObject({
      isToken: false,
      tokenHash: 'hash-of-worker-1',
    });
  });

  it('tells a bad token from an unknown id, as the old clients need it', async () => {
    await expect(authenticateWorker(world.deps, [{ workerId: 'worker-1', tokenHash: 'wrong' }])).rejects.toMatchObject({
      code: 'worker_token_invalid',
    });
    await expect(authenticateWorker(world.deps, [{ workerId: 'worker-9' }])).rejects.toMatchObject({
      code: 'worker_not_found',
    });
  });
});
