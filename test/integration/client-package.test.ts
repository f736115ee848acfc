import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleLibrary } from '../../infra/bundle.ts';
import { startProgram } from '../support/cli.ts';
import { type Controller, startController } from '../support/controller.ts';
import { docExamples } from '../support/doc-examples.ts';

/** A project that has the package as npm puts it there, a controller, and a worker for iOS. */
let root: string;
let controller: Controller;
let worker: ReturnType<typeof startProgram>;
let env: NodeJS.ProcessEnv;
/** What the compiler says of all the programs, in lines. */
let complaints: string[];
const SLOW_MS = 120_000;
const PACKAGE = fileURLToPath(new URL('../../package.json', import.meta.url));
const TYPES = fileURLToPath(new URL('../../node_modules/@types', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

const EXAMPLES = docExamples('client.md', 'ts').map(({ under, text }, index) => ({ under, text, index }));
const HEAD =
  "import { createClient, isRefusal } from 'buildlatch/client';\nconst client = createClient({ url: '' });\n";
const WRONG = [
  ['a platform that there is not', `await client.submit({ source: '.', platform: 'windows' });`, 'windows'],
  ['an endpoint that there is not', `await client.call('GET /api/nowhere', {});`, 'GET /api/nowhere'],
  ['a part of a path that is missing', `await client.call('GET /api/builds/{id}/status');`, 'arguments'],
  ['a field that an answer has not', `console.log((await client.status('b')).stat);`, "'stat'"],
  ['a state that there is not', `if ((await client.status('b')).state === 'done') throw 1;`, '"done"'],
  [
    'a code that an error of ours has not',
    `const { FileExists } = await import('buildlatch/client'); if (new FileExists('').code === 'gone') throw 1;`,
    '"gone"',
  ],
  ['a code that there is not', `isRefusal(new Error(), 'build_lost');`, '"build_lost"'],
  ['a body of another type', `await client.call('POST /api/keys', { body: { name: 1, scopes: [] } });`, 'string'],
] as const;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'buildlatch-test-'));
  const installed = join(root, 'node_modules/buildlatch');
  await mkdir(join(root, 'project'), { recursive: true });
  await mkdir(installed, { recursive: true });
  await bundleLibrary(join(installed, 'dist'));
  await copyFile(PACKAGE, join(installed, 'package.json'));
  await symlink(TYPES, join(root, 'node_modules/@types'));
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2022', lib: ['es2023'], types: ['node'], strict: true, noEmit: true },
    ...{ exactOptionalPropertyTypes: true, noPropertyAccessFromIndexSignature: true, noUncheckedIndexedAccess: true },
  };
  const files = {
    'package.json': { type: 'module' },
    'tsconfig.json': { compilerOptions },
    'project/buildlatch.json': { command: 'echo built > out.txt', artifact: 'out.txt' },
  };
  for (const [name, value] of Object.entries(files)) await writeFile(join(root, name), JSON.stringify(value));
  for (const { text, index } of EXAMPLES) await writeFile(join(root, `example-${index}.ts`), text);
  for (const [index, [, line]] of WRONG.entries())
    await writeFile(join(root, `wrong-${index}.ts`), `${HEAD}void isRefusal;\n${line}\n`);
  const { stdout } = await run([TSC, '-p', '.']).catch((error: { stdout: string }) => error);
  complaints = stdout.split('\n');
  controller = await startController();
  env = {
    PATH: process.env['PATH'],
    HOME: root,
    BUILDLATCH_URL: controller.url,
    BUILDLATCH_API_KEY: controller.apiKey,
  };
  worker = startProgram(['worker', '--platform', 'ios', '--work-dir', join(root, 'mac')], { env });
}, SLOW_MS);
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await controller.close();
  await rm(root, { recursive: true, force: true });
});

const run = (args: readonly string[]) => promisify(execFile)(process.execPath, args, { cwd: root, env });

const SAYS: Readonly<Record<string, RegExp>> = {
  'Submit, follow, download': /^info Build submitted\n(.*\n)+.*app\.ipa [0-9a-f]{64}\n$/,
  'What is asked for again': /^true\n$/,
  'When it goes wrong': /^there is no such build\n$/,
  'Leave, or end it': /^cancelled\n$/,
  'Everything else': /ios submitted, assigned, .*completed\n(.*\n)+\d+ 1 [1-9]\d*\n$/,
};

it.each(EXAMPLES)(
  'the example of “$under” compiles against the published types and runs',
  async ({ under, index }) => {
    expect(complaints.filter((line) => line.startsWith(`example-${index}.ts`))).toEqual([]);
    const { stdout } = await run([`example-${index}.ts`]);
    expect(stdout).toMatch(SAYS[under] ?? /^$/);
    if (index === 0) expect(await readFile(join(root, 'app.ipa'), 'utf8')).toBe('built\n');
  },
  SLOW_MS,
);

it('every example has something to say', () => {
  expect(EXAMPLES.map(({ under }) => under)).toEqual(Object.keys(SAYS));
});

it.each(WRONG.map(([what, , named], index) => ({ what, named, index })))(
  'the types refuse $what',
  ({ named, index }) => {
    const found = complaints.filter((line) => line.startsWith(`wrong-${index}.ts`));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`wrong-${index}.ts(4,`);
    expect(found[0]).toContain(named);
  },
);
