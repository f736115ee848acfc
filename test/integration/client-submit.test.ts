import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { refused } from '../support/client-fake-build.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { serveSubmit } from '../support/fake-submit.ts';

let fake: FakeController;
beforeEach(async () => {
  fake = await startFakeController();
});
afterEach(() => fake.close());

const connection = () => ({ BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'project-key' });
const submitIn = (cwd: string, args: readonly string[], more: { isTTY?: boolean; env?: NodeJS.ProcessEnv } = {}) =>
  runInside(['submit', ...args], { env: connection(), cwd, ...more });

describe('submit --dry-run', () => {
  it('shows what would be packed, the largest first, and its SHA-256, and sends nothing', async () => {
    const folder = await temporaryFolder({
      '.gitignore': '*.log\n',
      'a.ts': 'a',
      'big.bin': 'x'.repeat(2000),
      'x.log': '',
    });
    const { code, out, err } = await submitIn(folder, ['--dry-run'], { env: {} });
    expect(code).toBe(0);
    expect(out).toMatch(/^[0-9a-f]{64}\n$/);
    expect(err).toMatch(
      /^ +2\.0 kB {2}big\.bin\n.*\.gitignore\n.*a\.ts\n3 files, 2\.0 kB, packed \d+\.\d kB; nothing/s,
    );
    expect(err).not.toContain('x.log');
    expect(fake.requests).toEqual([]);
  });

  it('tells programs all of it as JSON, and the SHA-256 is the one that is submitted', async () => {
    const folder = await temporaryFolder({ 'b.ts': 'b', 'a.ts': 'aa' });
    const { out } = await submitIn(folder, ['--dry-run', '--json'], { env: {} });
    const told = JSON.parse(out);
    expect(told).toMatchObject({
      files: [
        { name: 'a.ts', size: 2, mode: '644' },
        { name: 'b.ts', size: 1, mode: '644' },
      ],
      warnings: [],
    });
    serveSubmit(fake);
    await submitIn(folder, ['--platform', 'ios']);
    const { size, sha256 } = told;
    expect(fake.seen('POST /api/uploads')[0]?.json).toMatchObject({ size, sha256 });
  });

  it('leaves the smaller of many files to --json', async () => {
    const names = Array.from({ length: 102 }, (_, index) => [`f${String(index).padStart(3, '0')}`, 'x'] as const);
    const folder = await temporaryFolder({ ...Object.fromEntries(names), big: 'x'.repeat(500) });
    const { err } = await submitIn(folder, ['--dry-run'], { env: {} });
    expect(err.split('\n')).toHaveLength(100 + 1 + 1 + 1);
    expect(err).toMatch(/in 3 smaller files \(--json has them\)\n103 files/);
  });
});

describe('submit', () => {
  it('names the limit of this controller and the largest folders before a byte is uploaded', async () => {
    fake.on('POST /api/uploads', () =>
      refused(413, 'payload_too_large', 'Source file too large: the limit is 9 bytes'),
    );
    const folder = await temporaryFolder({ 'media/a.mov': randomBytes(500).toString('hex'), 'a.ts': 'a' });
    const { code, err } = await submitIn(folder, ['--platform', 'ios']);
    expect(code).toBe(2);
    expect(err).toMatch(/the limit is 9 bytes: leave out .*largest parts are\n +1\.0 kB {2}media\/a\.mov\n/s);
    expect(fake.requests).toHaveLength(1);
  });

  it('says that the platform is missing, in files and variables too', async () => {
    const folder = await temporaryFolder({ a: '' });
    expect(await submitIn(folder, [])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--platform is missing'),
    });
    expect(fake.requests).toEqual([]);
  });
});
