import { beforeEach, describe, expect, it } from 'vitest';
import type { BuildIndex } from '../../lib/app/ports.ts';
import { submitBytes, submitUpload } from '../../lib/app/submit-build.ts';
import { sweep } from '../../lib/app/sweep.ts';
import { NOW, SHA } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';

const bytes = Buffer.from('source');
let world: World;
beforeEach(() => {
  world = memoryWorld();
  world.files.set('sources/sources/upload-1', { size: 10, sha256: SHA });
});
const submit = (platform: 'ios' | 'android' = 'ios') => submitUpload(world.deps, { platform, uploadId: 'upload-1' });

const settings = { maxAttempts: 3, maxQueueMs: 86_400_000, maxBuildMs: 10_800_000 };

/** The sweep, over what the memory knows to be due. */
async function runSweep(): Promise<void> {
  const { builds, dueAt, deps } = world;
  const due = async function* (kind: 'pending' | 'leased', until: number) {
    const found = [...builds.values()].filter(
      ({ id, state }) => (dueAt.get(id) ?? Infinity) <= until && (state === 'pending') === (kind === 'pending'),
    );
    yield found.map((build) => ({ id: build.id, build }));
  };
  const index = { due } as unknown as BuildIndex;
  await sweep({ ...deps, index }, settings, world.state.now + 1000);
}

describe('a submit', () => {
  it('stores bytes, then the build, then sends its message, then notes that', async () => {
    const { build, token } = await submitBytes(world.deps, { platform: 'ios', bytes, sha256: SHA });
    expect(world.calls).toEqual(['files.put', 'builds.create', 'queue.send', 'builds.markSent']);
    expect(build).toMatchObject({ state: 'pending', attempt: 0, submittedAt: NOW, source: { size: 6, sha256: SHA } });
    expect(world.files.get(`sources/${build.source?.key}`)?.bytes).toBe(bytes);
    expect(world.builds.get(build.id)).toMatchObject({ sends: 1, tokenHashes: [`hash of ${token}`] });
    expect([...world.messages.values()].map(({ hint }) => hint)).toEqual([
      { buildId: build.id, attempt: 0, platform: 'ios', submittedAt: NOW, sourceSize: 6, sourceSha256: SHA },
    ]);
    expect(world.dueAt.get(build.id)).toBe(NOW + 120_000);
  });

  it('of an upload takes size and digest from what is stored', async () => {
    const { build } = await submit();
    expect(world.calls).toEqual(['files.find', 'builds.create', 'queue.send', 'builds.markSent']);
    expect(build.source).toEqual({ key: 'sources/upload-1', size: 10, sha256: SHA });
  });

  it('of what nobody uploaded is refused, and leaves nothing', async () => {
    await expect(submitUpload(world.deps, { platform: 'ios', uploadId: 'other' })).rejects.toMatchObject({
      code: 'upload_missing',
    });
    expect([world.builds.size, world.messages.size]).toEqual([0, 0]);
  });

  it('of the same upload again is the same build, with one more token and no second message', async () => {
    const [first, second] = [await submit(), await submit()];
    expect(second.build.id).toBe(first.build.id);
    expect(second.token).not.toBe(first.token);
    expect(world.builds.get(first.build.id)?.tokenHashes).toEqual(
      [first.token, second.token].map((token) => `hash of ${token}`),
    );
    expect([world.builds.size, world.messages.size]).toEqual([1, 1]);
  });

  it('of the same bytes is the same build until its time is over', async () => {
    const deps = { ...world.deps, sameRequestMs: 5_000 };
    const again = async () => (await submitBytes(deps, { platform: 'ios', bytes, sha256: SHA })).build.id;
    const first = await again();
    world.state.now += 4_999;
    expect(await again()).toBe(first);
    world.state.now += 1;
    expect(await again()).not.toBe(first);
  });

  it('of the same upload for another platform is refused', async () => {
    await submit('ios');
    await expect(submit('android')).rejects.toMatchObject({ code: 'repeated_differently' });
    expect(world.messages.size).toBe(1);
  });
});

describe('a crash in a submit', () => {
  const steps = ['files.put', 'builds.create', 'queue.send', 'builds.markSent'];
  const lost = steps.flatMap((call) => (['before', 'after'] as const).map((when) => ({ call, when })));

  it.each(lost)('$when $call leaves a build that gets its message, or none at all', async ({ call, when }) => {
    world.faults.set(call, when);
    const isSure = call.startsWith('queue') || call.endsWith('markSent');
    const submitted = submitBytes(world.deps, { platform: 'ios', bytes, sha256: SHA });
    if (isSure) expect((await submitted).build.state).toBe('pending');
    else await expect(submitted).rejects.toThrow(`lost ${when} ${call}`);
    expect(world.events.map(({ event }) => event)).toEqual(isSure ? ['build_submitted', 'send_left_to_sweep'] : []);

    world.faults.clear();
    world.state.now += 120_000;
    await runSweep();
    const builds = [...world.builds.values()];
    const isThere = isSure || (call === 'builds.create' && when === 'after');
    expect(builds).toHaveLength(isThere ? 1 : 0);
    const told = [...world.messages.values()].map(({ hint }) => hint.buildId);
    expect(new Set(told)).toEqual(new Set(builds.map(({ id }) => id)));
    for (const { source } of builds) expect(world.files.has(`sources/${source?.key}`)).toBe(true);
  });
});
