import { beforeEach, describe, expect, it } from 'vitest';
import { cancelBuild } from '../../lib/app/cancel-build.ts';
import { createResultUpload, createSourceUpload } from '../../lib/app/create-upload.ts';
import { downloadResult } from '../../lib/app/download-result.ts';
import { attemptOf, resultUploadId } from '../../lib/app/file-keys.ts';
import { completeWithBytes, completeWithUpload, failBuild } from '../../lib/app/finish-build.ts';
import { heartbeat } from '../../lib/app/heartbeat.ts';
import { readSource } from '../../lib/app/read-source.ts';
import { aBuild, aHolder, aWorker, NOW, SHA } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';
import { MAX_RESULT_BYTES, MAX_SOURCE_BYTES } from '../support/settings.ts';

const claim = { workerId: 'worker-1', tokenHash: 'hash-of-worker-1' };
const UPLOAD = `1-${'u'.repeat(21)}`;
const KEY = `results/build-1/1/${UPLOAD}`;
let world: World;
beforeEach(() => {
  world = memoryWorld();
  world.builds.set('build-1', aBuild('building'));
  world.workers.set('worker-1', aWorker({ current: { buildId: 'build-1', attempt: 1 } }));
  world.files.set(`results/${KEY}`, { size: 20, sha256: SHA, filename: 'App.ipa' });
});
const complete = () => completeWithUpload(world.deps, 'build-1', claim, UPLOAD);
const everything = () => structuredClone([world.builds, world.workers, world.messages]);

describe('a completion', () => {
  it('ends the build with what was uploaded, and frees and counts its worker', async () => {
    await complete();
    expect(world.builds.get('build-1')).toMatchObject({
      state: 'completed',
      finishedAt: NOW,
      result: { key: KEY, size: 20, sha256: SHA, filename: 'App.ipa' },
    });
    expect(world.workers.get('worker-1')).toMatchObject({ completedBuilds: 1, releasedAt: NOW });
    expect(world.workers.get('worker-1')).not.toHaveProperty('current');
    expect(world.events).toEqual([
      { event: 'build_completed', buildId: 'build-1', attempt: 1, workerId: 'worker-1', resultSha256: SHA },
    ]);
  });

  it('again, its first answer lost, is the same answer and no second effect', async () => {
    world.faults.set('builds.finish', 'after');
    await expect(complete()).rejects.toThrow('lost after');
    world.faults.clear();
    const before = everything();
    await complete();
    expect(everything()).toEqual(before);
    expect(world.events).toEqual([]);
  });

  it('with bytes stores them under the attempt before the build ends, and again is a replay', async () => {
    const file = { bytes: Buffer.from('result'), sha256: SHA };
    const held = aBuild('building');
    await completeWithBytes(world.deps, held, claim, file);
    await completeWithBytes(world.deps, held, claim, file);
    expect(world.calls.slice(0, 2)).toEqual(['files.put', 'builds.finish']);
    expect(world.builds.get('build-1')?.result).toMatchObject({
      key: expect.stringMatching(/^results\/build-1\/1\//),
      size: 6,
      filename: 'build-1.ipa',
    });
    expect(world.workers.get('worker-1')?.completedBuilds).toBe(1);
  });

  it('with other bytes, or as a failure, after the end changes nothing', async () => {
    await complete();
    const before = everything();
    const other = `1-${'v'.repeat(21)}`;
    world.files.set(`results/results/build-1/1/${other}`, { size: 1, sha256: SHA });
    await expect(completeWithUpload(world.deps, 'build-1', claim, other)).rejects.toMatchObject({
      code: 'build_finished',
    });
    await expect(failBuild(world.deps, 'build-1', claim, 'x')).rejects.toMatchObject({ code: 'build_finished' });
    expect(everything()).toEqual(before);
  });

  it('needs an upload, of the attempt it speaks of', async () => {
    const tries = ['', 'x', `0-${'u'.repeat(21)}`, `1-${'u'.repeat(20)}`, `100000-${'u'.repeat(21)}`];
    for (const upload of tries)
      await expect(completeWithUpload(world.deps, 'build-1', claim, upload)).rejects.toMatchObject({
        code: 'invalid_request',
      });
    await expect(completeWithUpload(world.deps, 'build-1', claim, `1-${'w'.repeat(21)}`)).rejects.toMatchObject({
      code: 'upload_missing',
    });
    await expect(completeWithUpload(world.deps, 'build-1', { ...claim, attempt: 2 }, UPLOAD)).rejects.toMatchObject({
      code: 'lease_lost',
    });
    expect(world.builds.get('build-1')).toEqual(aBuild('building'));
    expect([attemptOf(resultUploadId(7, 'x'.repeat(21))), attemptOf('nonsense')]).toEqual([7, undefined]);
  });

  it('of a lost attempt is refused, even by the same worker with a newer attempt', async () => {
    const next = aBuild('building', { attempt: 2 });
    world.builds.set('build-1', next);
    await expect(complete()).rejects.toMatchObject({ code: 'lease_lost' });
    expect(world.builds.get('build-1')).toEqual(next);
  });
});

describe('the fence', () => {
  it('lets a worker in that registered again since the grant: its own record vouches for it', async () => {
    const renewed = { ...claim, tokenHash: 'hash-of-new-token' };
    world.workers.set('worker-1', aWorker({ token: { hash: 'hash-of-new-token', expiresAt: NOW + 1 } }));
    expect(await heartbeat(world.deps, 'build-1', renewed, 90_000)).toBe(NOW + 90_000);
    expect(world.calls).toEqual(['builds.heartbeat', 'workers.get', 'builds.heartbeat']);
    expect(world.builds.get('build-1')?.holder?.tokenHash).toBe('hash-of-new-token');
    await heartbeat(world.deps, 'build-1', renewed, 90_000);
    expect(world.calls.slice(3)).toEqual(['builds.heartbeat']);
  });

  it.each([
    ['a token that nobody has', { ...claim, tokenHash: 'made up' }, 'worker_token_invalid'],
    ['a worker that is not there', { workerId: 'worker-9', tokenHash: 'x' }, 'worker_token_invalid'],
    ['another worker by the key', { workerId: 'worker-2' }, 'lease_lost'],
    ['an old attempt', { ...claim, attempt: 7 }, 'lease_lost'],
  ])('keeps out %s', async (_who, stranger, code) => {
    const before = everything();
    await expect(heartbeat(world.deps, 'build-1', stranger, 90_000)).rejects.toMatchObject({ code });
    await expect(failBuild(world.deps, 'build-1', stranger, 'x')).rejects.toMatchObject({ code });
    await expect(readSource(world.deps, 'build-1', stranger)).rejects.toMatchObject({ code });
    expect(everything()).toEqual(before);
  });

  it('says of a build that is not there that it is not there, once the caller is known', async () => {
    await expect(heartbeat(world.deps, 'build-9', claim, 1)).rejects.toMatchObject({ code: 'build_not_found' });
    await expect(heartbeat(world.deps, 'build-9', { ...claim, tokenHash: 'x' }, 1)).rejects.toMatchObject({
      code: 'worker_token_invalid',
    });
  });

  it('gives up after three tries against others', async () => {
    const contended = {
      ...world.deps,
      builds: { ...world.deps.builds, heartbeat: async () => ({ ok: false as const, current: aBuild('building') }) },
    };
    await expect(heartbeat(contended, 'build-1', claim, 1)).rejects.toMatchObject({ code: 'contended' });
  });
});

describe('a cancel', () => {
  it('ends a build in any state before the end, frees its worker, and again does nothing', async () => {
    for (const state of ['pending', 'assigned', 'building'] as const) {
      world.builds.set('build-1', aBuild(state));
      world.workers.set('worker-1', aWorker({ current: { buildId: 'build-1', attempt: 1 } }));
      await cancelBuild(world.deps, aBuild(state));
      await cancelBuild(world.deps, world.builds.get('build-1') ?? aBuild());
      expect(world.builds.get('build-1')?.state).toBe('cancelled');
      expect(world.workers.get('worker-1')?.current === undefined).toBe(state !== 'pending');
    }
    expect(world.events.map(({ event }) => event)).toEqual(Array(3).fill('build_cancelled'));
  });

  it('that meets a change decides again by what it met', async () => {
    await cancelBuild(world.deps, aBuild('pending'));
    expect(world.builds.get('build-1')?.state).toBe('cancelled');
    expect(world.calls).toEqual(['builds.cancel', 'builds.cancel']);
    world.builds.set('build-1', aBuild('completed'));
    await expect(cancelBuild(world.deps, aBuild('building'))).rejects.toMatchObject({ code: 'already_finished' });
    world.builds.delete('build-1');
    await expect(cancelBuild(world.deps, aBuild('building'))).rejects.toMatchObject({ code: 'build_not_found' });
  });

  it('gives up after three changes', async () => {
    let attempt = 0;
    const cancel = async () => ({ ok: false as const, current: aBuild('assigned', { attempt: ++attempt }) });
    await expect(
      cancelBuild({ ...world.deps, builds: { ...world.deps.builds, cancel } }, aBuild()),
    ).rejects.toMatchObject({ code: 'contended' });
    expect(attempt).toBe(3);
  });

  it('tells the worker to stop with its next call', async () => {
    await cancelBuild(world.deps, aBuild('building'));
    await expect(heartbeat(world.deps, 'build-1', claim, 1)).rejects.toMatchObject({ code: 'build_cancelled' });
    await expect(complete()).rejects.toMatchObject({ code: 'build_cancelled' });
  });
});

describe('files', () => {
  it('are announced within their limits, under the attempt that uploads', async () => {
    const held = aBuild('building', { attempt: 2 });
    const results = { ...world.deps, maxBytes: MAX_RESULT_BYTES };
    const sources = { ...world.deps, maxBytes: MAX_SOURCE_BYTES };
    const result = (more: number) => createResultUpload(results, held, { size: MAX_RESULT_BYTES + more, sha256: SHA });
    const source = (more: number) => createSourceUpload(sources, { size: MAX_SOURCE_BYTES + more, sha256: SHA });
    const { uploadId, url } = await result(0);
    expect(uploadId).toMatch(/^2-/);
    expect(url).toContain(`results/build-1/2/${uploadId}`);
    expect((await source(0)).url).toContain('sources/');
    for (const tooLarge of [result(1), source(1)]) {
      await expect(tooLarge).rejects.toMatchObject({ code: 'payload_too_large' });
    }
  });

  it('come in the answer up to 4 MiB, and by a link above', async () => {
    const result = { key: KEY, size: 4 * 1024 ** 2, sha256: SHA, filename: 'App.ipa' };
    world.files.set(`results/${KEY}`, { size: result.size, sha256: SHA, bytes: Buffer.from('result') });
    expect(await downloadResult(world.deps.files, aBuild('completed', { result }))).toMatchObject({
      kind: 'bytes',
      filename: 'App.ipa',
    });
    const large = { ...result, size: result.size + 1 };
    expect(await downloadResult(world.deps.files, aBuild('completed', { result: large }))).toMatchObject({
      kind: 'link',
    });
    world.files.clear();
    await expect(downloadResult(world.deps.files, aBuild('completed', { result }))).rejects.toMatchObject({
      code: 'result_not_found',
    });
    await expect(downloadResult(world.deps.files, aBuild('completed', { result: large }))).rejects.toMatchObject({
      code: 'result_not_found',
    });
    await expect(downloadResult(world.deps.files, aBuild('building'))).rejects.toMatchObject({
      code: 'build_not_completed',
    });
  });

  it('of a source that is gone fail its build and free its worker', async () => {
    await expect(readSource(world.deps, 'build-1', { workerId: 'worker-1' })).rejects.toMatchObject({
      code: 'source_missing',
    });
    expect(world.builds.get('build-1')).toMatchObject({
      state: 'failed',
      failure: { kind: 'source_missing' },
      holder: aHolder(),
    });
    expect(world.workers.get('worker-1')).not.toHaveProperty('current');
  });
});
