import { beforeEach, describe, expect, it } from 'vitest';
import { createResultParts, createSourceParts } from '../../lib/app/create-upload.ts';
import { heldResultKey } from '../../lib/app/file-keys.ts';
import type { ArrivedParts, BegunUpload, PartStore } from '../../lib/app/file-ports.ts';
import { abortParts, completeParts, continueParts } from '../../lib/app/parted-upload.ts';
import { aBuild, NOW, SHA } from '../support/builders.ts';
import { memoryWorld } from '../support/memory-stores.ts';
import { MAX_SOURCE_BYTES } from '../support/settings.ts';

const MIB = 1024 ** 2;
const KEY = 'sources/x';

let arrived: Map<number, string> | undefined;
let begun: BegunUpload | undefined;
let outcome: 'joined' | 'damaged' | 'ended';
let joined: ArrivedParts | undefined;
let isAborted: boolean;
let world: ReturnType<typeof memoryWorld>;

const parts: PartStore = {
  begin: async (kind, key, file) => {
    begun = { ...file, kind, key, storeId: 'store-1' };
    return begun;
  },
  find: async (_kind, key) => (begun?.key === key ? begun : undefined),
  arrived: async () => arrived,
  ticket: async ({ key }, number, now) => ({ url: `${key}?part=${number}`, headers: {}, expiresAt: now + 900_000 }),
  join: async ({ kind, key, size, sha256 }, found) => {
    joined = found;
    if (outcome === 'joined') world.files.set(`${kind}/${key}`, { size, sha256 });
    return outcome;
  },
  abort: async () => {
    isAborted = true;
  },
};

const deps = () => ({ ...world.deps, parts });

function announced(count: number, size = count * 5 * MIB) {
  const partSha256s = Array.from({ length: count }, (_, index) => String(index).padStart(64, '0'));
  return { size, sha256: SHA, partSize: 5 * MIB, partSha256s };
}

beforeEach(() => {
  world = memoryWorld();
  [arrived, begun, outcome, joined, isAborted] = [new Map(), undefined, 'joined', undefined, false];
});

describe('an upload in parts', () => {
  it('begins with an address for each part, the last of what is left', async () => {
    const upload = await createSourceParts(deps(), announced(3, 11 * MIB));
    expect(begun?.key).toBe(`sources/${upload.uploadId}`);
    expect(upload).toMatchObject({ partSize: 5 * MIB, partCount: 3, missing: 3 });
    expect(upload.tickets.map(({ number, size }) => [number, size])).toEqual([
      [1, 5 * MIB],
      [2, 5 * MIB],
      [3, MIB],
    ]);
    expect(upload.tickets[0]).toMatchObject({ url: `${begun?.key}?part=1`, expiresAt: NOW + 900_000 });
  });

  it('of a result lies under its attempt, with the name for its download', async () => {
    const held = aBuild('building', { id: 'build-1', attempt: 2 });
    const { uploadId } = await createResultParts(deps(), held, announced(1));
    expect(begun).toMatchObject({ kind: 'results', key: `results/build-1/2/${uploadId}`, filename: 'build-1.ipa' });
    expect(heldResultKey(held, uploadId)).toBe(begun?.key);
    expect(() => heldResultKey(aBuild('building', { id: 'build-1', attempt: 3 }), uploadId)).toThrow(
      'belongs to attempt 2',
    );
    expect(() => heldResultKey(held, 'nonsense')).toThrow('not one of a result');
  });

  it.each([
    ['more parts than its size has', announced(3, 10 * MIB), /are 2 parts, not 3/],
    ['fewer', announced(1, 10 * MIB), /are 2 parts, not 1/],
    ['more than a thousand', announced(1001, 1001 * 5 * MIB - 1), /the most is 1000|too large/i],
    ['more bytes than a source may have', announced(1, MAX_SOURCE_BYTES + 1), /too large/],
  ])('of %s is refused and not begun', async (_what, file, text) => {
    await expect(createSourceParts(deps(), file)).rejects.toThrow(text);
    expect(begun).toBeUndefined();
  });

  it('goes on with the addresses of what is missing, a hundred at a time', async () => {
    await createSourceParts(deps(), announced(250));
    arrived = new Map([...Array(100).keys()].map((index) => [index + 1, 'mark']));
    const upload = await continueParts(deps(), 'sources', begun?.key ?? '');
    expect(upload).toMatchObject({ partCount: 250, missing: 150 });
    expect([upload.tickets.length, upload.tickets[0]?.number, upload.tickets.at(-1)?.number]).toEqual([100, 101, 200]);
  });

  it('with parts missing is not completed, and says which', async () => {
    await createSourceParts(deps(), announced(3));
    arrived = new Map([[2, 'mark']]);
    const completed = completeParts(deps(), 'sources', begun?.key ?? '');
    await expect(completed).rejects.toMatchObject({ code: 'upload_incomplete', message: 'Parts are missing: 1, 3' });
    expect(joined).toBeUndefined();
  });

  it('is completed once its parts are there, and answers the same when it is asked again', async () => {
    await createSourceParts(deps(), announced(2));
    const key = begun?.key ?? '';
    arrived = new Map([
      [1, 'a'],
      [2, 'b'],
    ]);
    const stored = { size: 10 * MIB, sha256: SHA };
    expect(await completeParts(deps(), 'sources', key)).toEqual(stored);
    expect(joined).toBe(arrived);
    arrived = undefined;
    expect(await completeParts(deps(), 'sources', key)).toEqual(stored);
    expect(await continueParts(deps(), 'sources', key)).toMatchObject({ missing: 0, tickets: [] });
  });

  it('that another request has completed meanwhile is complete', async () => {
    await createSourceParts(deps(), announced(1));
    arrived = new Map([[1, 'a']]);
    outcome = 'ended';
    world.files.set(`sources/${begun?.key}`, { size: 5 * MIB, sha256: SHA });
    expect(await completeParts(deps(), 'sources', begun?.key ?? '')).toMatchObject({ size: 5 * MIB });
  });

  it('whose parts do not make the whole is given up', async () => {
    await createSourceParts(deps(), announced(1));
    arrived = new Map([[1, 'a']]);
    outcome = 'damaged';
    const completed = completeParts(deps(), 'sources', begun?.key ?? '');
    await expect(completed).rejects.toMatchObject({ code: 'upload_damaged' });
    expect([isAborted, world.files.size]).toEqual([true, 0]);
  });

  it('that came to another size does not count', async () => {
    await createSourceParts(deps(), announced(1));
    arrived = undefined;
    world.files.set(`sources/${begun?.key}`, { size: 1, sha256: SHA });
    const completed = completeParts(deps(), 'sources', begun?.key ?? '');
    await expect(completed).rejects.toMatchObject({ code: 'upload_damaged' });
  });

  it('that nobody began, or that ended without a file, is not found', async () => {
    for (const use of [continueParts, completeParts, abortParts]) {
      await expect(use(deps(), 'sources', KEY)).rejects.toMatchObject({ code: 'upload_not_found' });
    }
    await createSourceParts(deps(), announced(1));
    arrived = undefined;
    for (const use of [continueParts, completeParts]) {
      await expect(use(deps(), 'sources', begun?.key ?? '')).rejects.toMatchObject({ code: 'upload_not_found' });
    }
  });

  it('is given up on demand', async () => {
    await createSourceParts(deps(), announced(1));
    await abortParts(deps(), 'sources', begun?.key ?? '');
    expect(isAborted).toBe(true);
  });
});
