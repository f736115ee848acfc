import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundle } from '../../infra/bundle.ts';
import { bundleFolder } from '../../infra/bundle-folder.ts';
import { FUNCTIONS } from '../../infra/functions.ts';
import { budgetOf } from '../bench/cold/budget.ts';
import { BARE } from '../bench/cold/measure.ts';
import type { ColdRun } from '../bench/cold/section.ts';
import { findResult } from '../bench/report/results.ts';
import { LOADABLE as ENVIRONMENT } from '../support/loadable-environment.ts';
import { parameter, refusal, startParameterStore } from '../support/parameter-store.ts';

const KEY = 'k'.repeat(43);
const TOO_SHORT = 'CONTROLLER_API_KEY must be set and at least 32 characters';
const PUBLISHED = 'CONTROLLER_API_KEY is a published demo key that everybody knows';
const PUBLISHED_KEYS = [
  'test-api-key-1234567890',
  'dev-insecure-key-change-in-production',
  'test-api-key-demo-1234567890',
  'dev-api-key-minimum-32-characters-long',
  'test-api-key-for-e2e-testing-minimum-32-chars',
  'test-key-32-chars-minimum-length-required',
  'test-api-key-for-testing-purposes-only-32-chars-minimum',
];

/** The first line of what loading a function under each key comes to. */
const EXPECTED: readonly [string | undefined, string][] = [
  [KEY, 'handler: function'],
  [undefined, TOO_SHORT],
  ['', TOO_SHORT],
  ['k'.repeat(31), TOO_SHORT],
  ['k'.repeat(32), 'handler: function'],
  [`${'k'.repeat(32)} `, 'CONTROLLER_API_KEY may only contain A-Z a-z 0-9 _ -'],
  ...PUBLISHED_KEYS.map((key): [string, string] => [key, PUBLISHED]),
];

/** Runs in a process of its own, which has nothing but the bundles: a module is loaded anew under each query. */
const LOADER = `
const { files, keys } = JSON.parse(process.argv[1]);
const found = [];
for (const file of files) {
  const outcomes = [];
  for (const [index, key] of keys.entries()) {
    if (key === null) delete process.env.CONTROLLER_API_KEY;
    else process.env.CONTROLLER_API_KEY = key;
    try {
      const { handler } = await import(file + '?key=' + index);
      outcomes.push('handler: ' + typeof handler);
    } catch (error) {
      outcomes.push(error.message.split('\\n')[0]);
    }
  }
  found.push(outcomes);
}
console.log(JSON.stringify({ node: process.versions.node, found }));
`;

/** Small changes need no new measurement. */
const ABOUT = 0.05;

/** Hundreds of bundles are loaded, each anew for each key. */
const SLOW_MS = 120_000;

describe('the bundles', () => {
  let outdir: string;
  let bundles: Bundle[];
  beforeAll(async () => {
    outdir = await mkdtemp(join(tmpdir(), 'buildlatch-bundles-'));
    bundles = await bundle(outdir);
  }, SLOW_MS);
  afterAll(() => rm(outdir, { recursive: true, force: true }));
  const bytesOf = (path: string) => bundles.find(({ name }) => name.endsWith(path))?.bytes ?? 0;
  const bytesOfFunction = (file: string) => bytesOf(`${bundleFolder(file, '')}/index.mjs`);

  it('are one for each function, one for the command line and one for programs', () => {
    expect(bundles).toHaveLength(FUNCTIONS.length + 2);
  });

  it.each(FUNCTIONS)('$file is small enough to start quickly', (definition) => {
    expect(bytesOfFunction(definition.file)).toBeGreaterThan(1_000);
    expect(bytesOfFunction(definition.file)).toBeLessThanOrEqual(budgetOf(definition));
  });

  it('of functions are about as large as docs/performance.md says', () => {
    const recorded = findResult<ColdRun>('cold')?.imports.filter(({ name }) => name !== BARE) ?? [];
    expect(recorded.map(({ name }) => name)).toEqual(FUNCTIONS.map(({ file }) => file));
    const others = recorded.filter(({ name, bytes }) => Math.abs(bytes - bytesOfFunction(name)) > ABOUT * bytes);
    expect(others, 'npm run bench:cold -- --update').toEqual([]);
  });

  it('for programs is smaller than the command line’s, of which it is a part', () => {
    expect(bytesOf('/client.mjs')).toBeGreaterThan(100_000);
    expect(bytesOf('/client.mjs')).toBeLessThanOrEqual(450_000);
    expect(bytesOf('/buildlatch.mjs')).toBeGreaterThan(bytesOf('/client.mjs'));
  });

  it(
    'start under Node 24 with a good key, and under no other, each saying why',
    async () => {
      const files = FUNCTIONS.map(({ file }) => join(bundleFolder(file, outdir), 'index.mjs'));
      const input = JSON.stringify({ files, keys: EXPECTED.map(([key]) => key ?? null) });
      const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', LOADER, input], {
        env: ENVIRONMENT,
        cwd: outdir,
      });
      const { node, found } = JSON.parse((await run).stdout);
      expect(node).toMatch(/^24\./);
      expect(Object.fromEntries(files.map((file, index) => [file, found[index]]))).toEqual(
        Object.fromEntries(files.map((file) => [file, EXPECTED.map(([, outcome]) => outcome)])),
      );
    },
    SLOW_MS,
  );

  it.each([
    ['a good one', parameter(KEY), 'handler: function'],
    ['none', refusal(400, 'ParameterNotFound'), TOO_SHORT],
    ['a short one', parameter('k'.repeat(31)), TOO_SHORT],
    ['one that it may not read', refusal(400, 'AccessDeniedException'), TOO_SHORT],
    ['a published one', parameter('dev-api-key-minimum-32-characters-long'), PUBLISHED],
  ])(
    'where the key is kept in SSM, start or not with %s',
    async (_case, answer, outcome) => {
      const store = await startParameterStore(() => answer);
      const files = FUNCTIONS.map(({ file }) => join(bundleFolder(file, outdir), 'index.mjs'));
      const run = promisify(execFile)(
        process.execPath,
        ['--input-type=module', '-e', LOADER, JSON.stringify({ files, keys: [null] })],
        {
          env: { ...ENVIRONMENT, API_KEY_PARAMETER: '/buildlatch/test/api-key', AWS_ENDPOINT_URL: store.url },
          cwd: outdir,
        },
      );
      const { found } = JSON.parse((await run).stdout);
      await store.close();
      expect(new Set(found.flat())).toEqual(new Set([outcome]));
      expect(store.asked).toHaveLength(FUNCTIONS.length);
    },
    SLOW_MS,
  );
});
