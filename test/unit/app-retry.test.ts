import { beforeEach, describe, expect, it } from 'vitest';
import type { LogStore } from '../../lib/app/ports.ts';
import { retryBuild } from '../../lib/app/retry-build.ts';
import { submitBytes } from '../../lib/app/submit-build.ts';
import type { KeyHolder } from '../../lib/domain/api-key.ts';
import type { Build } from '../../lib/domain/build.ts';
import { SHA } from '../support/builders.ts';
import { memoryWorld, type World } from '../support/memory-stores.ts';

let world: World;
let original: Build;
beforeEach(async () => {
  world = memoryWorld();
  original = await ended('key');
});

/** A build that was submitted under this key, and is over. */
async function ended(idempotencyKey: string): Promise<Build> {
  const bytes = Buffer.from('source');
  const { build } = await submitBytes(world.deps, { platform: 'ios', bytes, sha256: SHA, idempotencyKey });
  return end(build.id);
}

function end(id: string): Build {
  const build = world.builds.get(id);
  if (!build) throw new Error('there is no such build');
  const over: Build = { ...build, state: 'cancelled' };
  world.builds.set(id, over);
  return over;
}

const logs = { noteRetry: async () => true } as unknown as LogStore;

async function retry(of: Build, idempotencyKey?: string, holder?: string): Promise<string> {
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  const by: KeyHolder | undefined = holder === undefined ? undefined : { id: holder, scopes: ['submit'] };
  return (await retryBuild({ ...world.deps, logs }, of, { ...key, by })).build.id;
}

describe('a retry', () => {
  it('under a key is one build for ever', async () => {
    const first = await retry(original, 'key');
    end(first);
    world.state.now += 10 * world.deps.sameRequestMs;
    expect(await retry(original, 'key')).toBe(first);
    expect(world.builds.size).toBe(2);
  });

  it('without a key is one build until that has ended', async () => {
    const first = await retry(original);
    expect(await retry(original)).toBe(first);
    end(first);
    expect(await retry(original)).not.toBe(first);
  });

  it('is another build under another key, of another build, or by another', async () => {
    const other = await ended('another');
    const ids = [
      original.id,
      other.id,
      await retry(original),
      await retry(original, 'key'),
      await retry(original, 'another'),
      await retry(other, 'key'),
      await retry(original, 'key', 'someone'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
