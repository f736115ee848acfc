import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { NOW, measureHandlers } from './measure.ts';
import { profileHandlers } from './profile.ts';
import { knownRevisions } from './revision.ts';
import { handlersSection, missedRatios } from './section.ts';

const machine = { node: '24.0.0', cores: 2, cpu: 'a processor', loadBefore: 0 };
const spread = (median: number) => ({ median, min: median / 2, max: median * 2 });
const variant = (ratio: number) => ({ wallMs: spread(1), wall: spread(ratio), cpu: spread(1.1) });

describe('what a handler takes', () => {
  it('is measured against the calls that the design allows, and no more', { timeout: 60_000 }, async () => {
    const measured = await measureHandlers({ rounds: 1, calls: 2 }, [], () => {});
    expect(Object.fromEntries(measured.map(({ step, calls }) => [step, calls]))).toEqual({
      'poll that finds nothing': ['GetItem', 'ReceiveMessage'],
      'poll that is given a build': ['GetItem', 'ReceiveMessage', 'TransactWriteItems', 'DeleteMessage'],
      heartbeat: ['UpdateItem'],
      submit: ['HEAD', 'PutItem', 'SendMessage', 'UpdateItem'],
    });
    for (const { variants } of measured) expect(variants[NOW]?.wall.median).toBeGreaterThan(0.2);
  });

  it('is measured against no less than those: a call that the bare program cannot make stops it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'buildlatch-bare-'));
    const calls = join(folder, 'calls.json');
    const bare = join(import.meta.dirname, 'bare-program.ts');
    const load = async (...operations: string[]) => {
      await writeFile(calls, JSON.stringify(operations.map((operation) => ({ operation, input: {} }))));
      return promisify(execFile)(process.execPath, ['--no-warnings', bare], { env: { BARE_CALLS: calls } });
    };
    try {
      await load('GetItem');
      await expect(load('GetItem', 'Scan')).rejects.toThrow('nobody here sends Scan');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is compared with those revisions alone that git has', async () => {
    const unknown = { rev: '0000000~1', name: 'nowhere' };
    const now = { rev: 'HEAD', name: 'here' };
    expect(await knownRevisions([unknown, now])).toEqual([now]);
  });

  it('is shown by whose code it is', { timeout: 60_000 }, async () => {
    for (const { shares } of await profileHandlers(20, () => {})) {
      expect(new Map(shares).get('the SDK')).toBeGreaterThan(0);
      expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1);
    }
  });

  it('is a row with its ratio, and missed above 1.25', () => {
    const step = (name: string, ratio: number) => ({
      step: name,
      calls: ['GetItem'],
      variants: { bare: variant(1), now: variant(ratio), before: variant(3) },
    });
    const steps = [step('poll', 1.1), step('submit', 1.5)];
    const revisions = [{ rev: 'abc123', name: 'before' }];
    const settings = { rounds: 2, calls: 3 };
    const text = handlersSection({ machine, settings, revisions, steps, profiles: [] });
    expect(text).toContain('| poll | GetItem | 1.00 | 1.00 | 1.10 (0.55 to 2.20) | 1.10 (0.55 to 2.20) |');
    expect(text).toContain('| submit | 3.00, CPU 1.10 | 1.50, CPU 1.10 |');
    expect(missedRatios(steps)).toEqual(['submit: 1.50']);
  });
});
