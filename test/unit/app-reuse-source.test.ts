import { expect, it } from 'vitest';
import { findSource } from '../../lib/app/reuse-source.ts';
import type { FoundFile } from '../../lib/app/file-ports.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { memoryFiles } from '../model/memory-files.ts';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const file = { size: 3, sha256: 'a'.repeat(64) };

const isReused = async (found: Partial<FoundFile>) => {
  const { files } = memoryFiles();
  const deps = { files: { ...files, find: async () => ({ ...file, ...found }) }, secrets, clock: () => NOW };
  return (await findSource(deps, file, undefined)) !== undefined;
};

it('a stored source is used again while it has half of its time before it', async () => {
  expect(await isReused({ storedAt: NOW - 3 * DAY, goneAt: NOW + 3 * DAY })).toBe(true);
  expect(await isReused({ storedAt: NOW - 3 * DAY - 1, goneAt: NOW + 3 * DAY })).toBe(false);
  expect(await isReused({ storedAt: NOW - DAY, goneAt: NOW + 3 * DAY })).toBe(true);
});

it('of a store that does not say when it removes one, a source is used again for half a day', async () => {
  expect(await isReused({ storedAt: NOW - DAY / 2 })).toBe(true);
  expect(await isReused({ storedAt: NOW - DAY / 2 - 1 })).toBe(false);
  expect(await isReused({})).toBe(false);
});
