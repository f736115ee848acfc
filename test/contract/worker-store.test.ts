import { expect, it } from 'vitest';
import { WORKER_TOKEN_MS, type Worker } from '../../lib/domain/worker.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { assignedBuild, grantOf, holderOf, idleWorker, NOW, newWorker, pendingBuild, race } from './scene.ts';
import { onEach, type Stores } from './stores.ts';

const change = () => ({
  name: 'renamed',
  platforms: ['ios', 'android'] as const,
  token: { hash: secrets.id(), expiresAt: NOW + WORKER_TOKEN_MS },
  now: NOW,
});

async function busyWorker(stores: Stores): Promise<Worker> {
  const worker = await holderOf(stores, await assignedBuild(stores));
  if (!worker) throw new Error('no worker');
  return worker;
}

async function found({ workers }: Stores, id: string): Promise<Worker> {
  const worker = await workers.get(id);
  if (!worker) throw new Error(`no worker ${id}`);
  return worker;
}

onEach('the worker store', (open) => {
  it('stores what it was given', async () => {
    const { workers } = open();
    const worker = await idleWorker(open(), { previousToken: { hash: 'old', expiresAt: NOW }, lastOutcome: 'lost' });
    expect(await workers.get(worker.id)).toEqual(worker);
    expect(await workers.get('nobody')).toBeUndefined();
  });

  it('registers again: a new token, the next epoch, the past forgiven, the build kept', async () => {
    const { workers } = open();
    const seen = await busyWorker(open());
    const renewal = change();
    expect(await workers.renew(seen, renewal)).toBe(true);
    const { name, platforms, token } = renewal;
    expect(await workers.get(seen.id)).toEqual({
      ...seen,
      name,
      platforms,
      token,
      epoch: 2,
      registeredAt: NOW,
      lastSeenAt: NOW,
      previousToken: { ...seen.token, expiresAt: NOW + WORKER_TOKEN_MS },
    });
    expect(await workers.renew(seen, renewal), 'its own resend').toBe(true);
    expect(await workers.renew(seen, change()), 'another registration').toBe(false);
    expect((await workers.get(seen.id))?.token).toEqual(token);
  });

  it('lets one of eight register again, and none that is not there', async () => {
    const { workers } = open();
    const seen = await idleWorker(open());
    const renewed = await race(() => workers.renew(seen, change()));
    expect(renewed.filter(Boolean)).toHaveLength(1);
    expect((await workers.get(seen.id))?.epoch).toBe(2);
    expect(await workers.renew(newWorker(), change())).toBe(false);
  });

  it('notes a sighting of this registration, and of no earlier one', async () => {
    const { workers } = open();
    const worker = await idleWorker(open(), { epoch: 2 });
    await workers.noteSeen({ ...worker, epoch: 1 }, NOW + 1);
    expect(await workers.get(worker.id)).toEqual(worker);
    await race(() => workers.noteSeen(worker, NOW + 2));
    const token = { ...worker.token, expiresAt: NOW + 2 + WORKER_TOKEN_MS };
    expect(await workers.get(worker.id)).toEqual({ ...worker, lastSeenAt: NOW + 2, token });
  });

  it('makes no worker of a sighting', async () => {
    const { workers } = open();
    const gone = newWorker();
    await workers.noteSeen(gone, NOW);
    expect(await workers.get(gone.id)).toBeUndefined();
  });

  it('drains a worker and lets it go on; one that is not there it does not make', async () => {
    const { workers } = open();
    const worker = await idleWorker(open());
    expect(await race(() => workers.setDraining(worker.id, true))).not.toContain(false);
    expect((await workers.get(worker.id))?.isDraining).toBe(true);
    expect(await workers.setDraining(worker.id, false)).toBe(true);
    expect(await workers.get(worker.id)).toEqual(worker);
    const gone = newWorker();
    expect(await workers.setDraining(gone.id, true)).toBe(false);
    expect(await workers.get(gone.id)).toBeUndefined();
  });

  it('keeps how long builds took over a registration and a grant, the last one included', async () => {
    const { builds, workers } = open();
    const timed = { builds: 2, ms: 500 };
    const last = { lastOutcome: 'completed', grantedAt: NOW - 100, releasedAt: NOW } as const;
    const seen = await idleWorker(open(), { timed, ...last });
    expect(await workers.get(seen.id)).toEqual(seen);
    await workers.renew(seen, change());
    expect((await workers.get(seen.id))?.timed).toEqual({ builds: 3, ms: 600 });
    const renewed = await found(open(), seen.id);
    const build = await pendingBuild(open());
    expect(await builds.assign(grantOf(build, renewed, { timed: { builds: 4, ms: 700 } }))).toEqual({ ok: true });
    expect((await workers.get(seen.id))?.timed).toEqual({ builds: 4, ms: 700 });
  });

  it('forgets the bad ends that were seen, and none that came later', async () => {
    const { workers } = open();
    const bad = { strikes: 2, lastOutcome: 'lost', releasedAt: NOW } as const;
    const seen = await idleWorker(open(), bad);
    const { lastOutcome: _forgiven, ...forgiven } = seen;
    expect(await workers.pardon({ ...seen, releasedAt: NOW - 1 })).toBe(false);
    expect(await workers.pardon({ ...seen, epoch: 2 })).toBe(false);
    const { releasedAt: _later, ...beforeItsFirst } = seen;
    expect(await workers.pardon(beforeItsFirst)).toBe(false);
    expect(await workers.get(seen.id)).toEqual(seen);
    expect(await race(() => workers.pardon(seen))).not.toContain(false);
    expect(await workers.get(seen.id)).toEqual({ ...forgiven, strikes: 0 });
    const fresh = await idleWorker(open());
    expect(await workers.pardon({ ...fresh, releasedAt: NOW })).toBe(false);
    expect(await workers.pardon(fresh)).toBe(true);
    const gone = newWorker();
    expect(await workers.pardon(gone)).toBe(false);
    expect(await workers.get(gone.id)).toBeUndefined();
  });

  it('lets a worker leave that holds nothing and has not registered again', async () => {
    const { workers } = open();
    const [idle, renewed, busy] = [await idleWorker(open()), await idleWorker(open()), await busyWorker(open())];
    await workers.renew(renewed, change());
    await race(() => workers.remove(idle));
    await workers.remove(renewed);
    await workers.remove(busy);
    expect(await workers.get(idle.id)).toBeUndefined();
    expect(await workers.get(renewed.id)).toBeDefined();
    expect(await workers.get(busy.id)).toEqual(busy);
  });

  it('frees a worker of exactly the build it was read with', async () => {
    const { workers } = open();
    const [busy, idle] = [await busyWorker(open()), await idleWorker(open())];
    const { current, ...free } = busy;
    if (!current) throw new Error('it holds nothing');
    await workers.forget({ ...busy, current: { ...current, attempt: 2 } });
    await workers.forget({ ...busy, current: { ...current, buildId: 'another' } });
    expect(await workers.get(busy.id)).toEqual(busy);
    await race(() => workers.forget(busy));
    expect(await workers.get(busy.id)).toEqual(free);
    await workers.forget(idle);
    expect(await workers.get(idle.id)).toEqual(idle);
  });
});
