import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** `to`: where an import may lead; npm packages are written `npm:name`. Without `by`, for every file of the zone. */
interface Allowance {
  readonly to: RegExp;
  readonly typesOnly?: true;
  readonly by?: RegExp;
}

/** The table of allowed imports. What goes beyond the house style says why. */
const ALLOWED: Record<string, readonly Allowance[]> = {
  'lib/domain': [{ to: /^lib\/domain\// }],
  'lib/app': [{ to: /^lib\/(domain|app)\// }],
  'lib/adapters': [
    { to: /^lib\/domain\// },
    { to: /^lib\/app\/([a-z]+-)?ports\.ts$/, typesOnly: true },
    { to: /^npm:(@aws-sdk\/|zod\/mini$)/ },
  ],
  'lib/runtime': [
    { to: /^lib\/(domain|app|runtime)\// },
    { to: /^lib\/adapters\//, by: /\/container\.ts$/ },
    { to: /^npm:@aws-sdk\//, by: /\/container\.ts$/ },
    { to: /^npm:p-limit$/, by: /\/client-calls\.ts$/ },
    { to: /^npm:(zod\/mini|@middy\/core)$/ },
    { to: /^npm:aws-lambda$/, typesOnly: true },
    // Old clients send forms, and no part of the platform reads them.
    { to: /^npm:@fastify\/busboy$/, by: /\/multipart\.ts$/ },
    // The SDK's own signer, for the one call that is made while a function starts.
    { to: /^npm:@smithy\/signature-v4$/, by: /\/stored-secret\.ts$/ },
    // The SDK's own answer to "may this be tried again", instead of a list of ours that would age.
    { to: /^npm:@smithy\/core\/retry$/, by: /\/temporary-failure\.ts$/ },
    { to: /^node:/ },
  ],
  functions: [
    { to: /^lib\/(app|runtime)\// },
    { to: /^lib\/domain\//, typesOnly: true },
    { to: /^lib\/domain\/rejection\.ts$/ },
    // No schema library: what a function takes is in `lib/runtime/inputs/`, so that the API's description is made of it.
    { to: /^npm:/, typesOnly: true },
  ],
  'lib/client': [
    { to: /^lib\/client\// },
    { to: /^lib\/domain\//, typesOnly: true },
    // Which names an archive may have is one rule at both ends; and what happened to a build is told in one way.
    { to: /^lib\/domain\/(archive-rules|build-story)\.ts$/ },
    { to: /^(node:|npm:(zod\/mini|commander|ignore|yauzl|yazl)$)/ },
    // What goes through proxies, and sends a stream with its length.
    { to: /^npm:undici$/, by: /\/network\.ts$/ },
  ],
  // What runs in a browser: of ours it knows the shapes of the API's answers and the words of the domain.
  dashboard: [
    { to: /^dashboard\// },
    { to: /^lib\/(client\/api-types|domain\/[\w-]+)\.ts$/, typesOnly: true },
    { to: /^lib\/domain\/build-story\.ts$/ },
    { to: /^npm:(preact(\/hooks)?|htm\/preact|@preact\/signals|uplot)$/ },
  ],
  infra: [
    { to: /^(infra\/(?!local\/)|node:)/ },
    { to: /^lib\/runtime\/env\.ts$/, typesOnly: true },
    // Names, defaults and ranges, so that a deployment refuses what a function would.
    { to: /^lib\/runtime\/settings\.ts$/ },
    { to: /^npm:/, typesOnly: true },
    { to: /^npm:esbuild$/, by: /\/bundle(-dashboard)?\.ts$/ },
  ],
  // Made of the schemas that validate; not for functions, which it would only make larger.
  'infra/openapi': [
    { to: /^(infra\/(?!local\/)|lib\/domain\/|node:)/ },
    { to: /^lib\/runtime\/(access|credentials|http-errors|inputs\/[\w-]+)\.ts$/ },
    { to: /^npm:zod\/mini$/ },
  ],
  // Made of the commands themselves.
  'infra/docs': [{ to: /^(infra\/docs\/|lib\/client\/cli\/|node:)/ }],
  // Programs of whoever deploys: they run the framework, and look at a stage's key as a function will.
  'infra/deploy': [
    { to: /^(infra\/(?!local\/)|node:)/ },
    { to: /^lib\/runtime\/(api-key|settings)\.ts$/ },
    { to: /^npm:@aws-sdk\/client-ssm$/ },
    { to: /^npm:@aws\/cloudformation-validate$/ },
  ],
  // The embedded stack is what AWS is elsewhere: it has the engines, and it loads the functions.
  'infra/local': [
    { to: /^(infra\/|functions\/|npm:|node:)/ },
    { to: /^lib\/domain\//, typesOnly: true },
    { to: /^lib\/runtime\/env\.ts$/ },
    // What counts requests has to know what a credential is, and which endpoints need none.
    { to: /^lib\/runtime\/secrets\.ts$/, by: /\/asker\.ts$/ },
    { to: /^lib\/runtime\/access\.ts$/, by: /\/rate-limit\.ts$/ },
  ],
  test: [{ to: /./ }],
};

function zoneOf(path: string): string {
  if (path === 'serverless.ts') return 'infra';
  const zones = Object.keys(ALLOWED).sort((a, b) => b.length - a.length);
  return zones.find((zone) => path.startsWith(`${zone}/`)) ?? 'nowhere';
}

interface Import {
  readonly to: string;
  readonly isType: boolean;
}

const STATEMENT =
  /^(?:import|export)\s+(type\s+)?(?:([\w$]+)\s*,?\s*)?(\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})?\s*from\s*['"]([^'"]+)['"]/gm;
const SIDE_EFFECT = /^import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"`]([^'"`$]+)['"`]/g;

function importsOf(path: string, source: string): Import[] {
  const target = (name: string) => {
    if (name.startsWith('.')) return posix.join(posix.dirname(path), name);
    return name.startsWith('node:') ? name : `npm:${name}`;
  };
  const statements = [...source.matchAll(STATEMENT)].map(([, type, byDefault, named = '', name = '']) => {
    const names = named
      .replace(/[{}]/g, '')
      .split(',')
      .filter((part) => part.trim() !== '');
    const areTypes = !byDefault && names.length > 0 && names.every((part) => /^\s*type\s/.test(part));
    return { to: target(name), isType: type !== undefined || areTypes };
  });
  const others = [...source.matchAll(SIDE_EFFECT), ...source.matchAll(DYNAMIC)];
  return [...statements, ...others.map(([, name = '']) => ({ to: target(name), isType: false }))];
}

function isAllowed(path: string, { to, isType }: Import): boolean {
  const zone = zoneOf(path);
  if (zone === 'functions' && to.startsWith('functions/')) return false;
  // An adapter stands alone: it may not know another port's adapter.
  if (zone === 'lib/adapters' && posix.dirname(to) === posix.dirname(path)) return true;
  return (ALLOWED[zone] ?? []).some(
    (allowance) => allowance.to.test(to) && (isType || !allowance.typesOnly) && (allowance.by?.test(path) ?? true),
  );
}

type Sources = Readonly<Record<string, string>>;

function forbiddenImports(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, source]) =>
    importsOf(path, source)
      .filter((found) => !isAllowed(path, found))
      .map(({ to, isType }) => `${path} imports ${isType ? 'types of ' : ''}${to}`),
  );
}

/** Each cycle once, as the path that leads back. */
function cycles(sources: Sources): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' > '));
      return;
    }
    if (done.has(path)) return;
    for (const { to, isType } of importsOf(path, sources[path] ?? '')) {
      if (!isType && to in sources) visit(to, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of Object.keys(sources)) visit(path, []);
  return found;
}

interface TextRule {
  readonly says: string;
  readonly where: RegExp;
  readonly except?: RegExp;
  readonly forbids: RegExp;
}

const TEXT_RULES: readonly TextRule[] = [
  {
    says: 'time, chance and identity are arguments',
    where: /^lib\/(domain|app)\//,
    forbids: /\bDate\.now\b|\bnew Date\b|\brandomUUID\b|\brandomBytes\b|\bMath\.random\b|\bperformance\.now\b/,
  },
  {
    says: 'the environment is read in one file',
    where: /^(lib|functions)\//,
    except: /^lib\/(client\/|runtime\/env\.ts$)/,
    forbids: /\bprocess\.env\b/,
  },
  { says: 'no default exports', where: /^(lib|functions|dashboard)\//, forbids: /^export default\b|\bas default\b/m },
  {
    says: 'what a browser has is used in the browser',
    where: /^(lib|functions|infra)\//,
    forbids: /\b(?:localStorage|sessionStorage|document\.(?:body|createElement|querySelector))\b/,
  },
  {
    says: 'no text becomes markup, no address script',
    where: /^dashboard\//,
    forbids: /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\bnew Function\b/,
  },
  {
    says: 'every test runs',
    where: /\.test\.ts$/,
    forbids: /\b(?:describe|it|test)(?:\.\w+)*\.(?:skip|only|todo)\b/,
  },
  {
    says: 'no path of one machine',
    where: /./,
    forbids: /(?<![\w./-])\/(?:work|tmp|home|Users)\/\w/,
  },
];

const brokenTextRules = (sources: Sources): string[] =>
  Object.entries(sources).flatMap(([path, source]) =>
    TEXT_RULES.filter(
      ({ where, except, forbids }) => where.test(path) && !except?.test(path) && forbids.test(source),
    ).map(({ says }) => `${path}: ${says}`),
  );

const MAX_LINES = [
  // Made of the API's description, and not for reading.
  { where: /^lib\/client\/api-types\.ts$/, lines: 2_000 },
  { where: /^functions\/api\//, lines: 40 },
  { where: /^(lib|functions|infra|dashboard|serverless\.ts)/, lines: 250 },
  { where: /^test\//, lines: 400 },
];

function tooLong(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, source]) => {
    const lines = source.split('\n').length - 1;
    const most = MAX_LINES.find(({ where }) => where.test(path))?.lines ?? Number.POSITIVE_INFINITY;
    return lines > most ? [`${path}: ${lines} lines, at most ${most}`] : [];
  });
}

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d))?\.ts$/;
const SAYS_NOTHING = /^(utils?|helpers?|commons?|managers?|services?|index|misc|shared)\.ts$/;

const badNames = (sources: Sources): string[] =>
  Object.keys(sources).filter((path) => {
    const name = posix.basename(path);
    return !KEBAB_CASE.test(name) || SAYS_NOTHING.test(name);
  });

function readSources(): Record<string, string> {
  const folders = ['lib', 'functions', 'infra', 'dashboard', 'test'];
  const paths = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => posix.join(folder, path)),
  );
  const isSource = (path: string) => path.endsWith('.ts') && !path.startsWith('test/fixtures/');
  const top = readdirSync(ROOT).filter((path) => path === 'serverless.ts');
  const own = [...paths, ...top].filter(isSource);
  return Object.fromEntries(own.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

describe('the code base', () => {
  const sources = readSources();

  it('is looked at whole', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(100);
    const imports = Object.entries(sources).flatMap(([path, source]) => importsOf(path, source));
    const missing = imports.filter(({ to }) => !/^(npm|node):/.test(to) && to.endsWith('.ts') && !(to in sources));
    expect(missing).toEqual([]);
    const written = Object.values(sources).flatMap((source) => source.match(/^(import|\} from)\b.*['"];$/gm) ?? []);
    expect(imports.length).toBeGreaterThanOrEqual(written.length);
  });

  it('imports only along the arrows of its layers', () => expect(forbiddenImports(sources)).toEqual([]));
  it('has no import cycle', () => expect(cycles(sources)).toEqual([]));
  it('keeps to the rules of its text', () => expect(brokenTextRules(sources)).toEqual([]));
  it('has no file too long for one reading', () => expect(tooLong(sources)).toEqual([]));
  it('has file names that say something', () => expect(badNames(sources)).toEqual([]));
});

describe('the checker itself', () => {
  const here = (name: string) => ['', name, 'project'].join('/');

  it.each([
    ['lib/domain/a.ts', `import { b } from '../app/b.ts';`],
    ['lib/domain/a.ts', `import { sep } from 'node:path';`],
    ['lib/domain/a.ts', `import type { X } from 'aws-lambda';`],
    ['lib/app/a.ts', `import {\n  b,\n  type C,\n} from '../adapters/sqs/b.ts';`],
    ['lib/app/a.ts', `export * from '../runtime/b.ts';`],
    ['lib/app/a.ts', `const z = await import('zod/mini');`],
    ['lib/adapters/sqs/a.ts', `import { submit } from '../../app/submit-build.ts';`],
    ['lib/adapters/sqs/a.ts', `import { type Hint, hintOf } from '../../app/ports.ts';`],
    ['lib/adapters/sqs/a.ts', `import { is } from '../dynamo/expression.ts';`],
    ['lib/adapters/s3/a.ts', `import { join } from 'node:path';`],
    ['lib/runtime/api.ts', `import { SQSClient } from '@aws-sdk/client-sqs';`],
    ['lib/runtime/api.ts', `import '../adapters/sqs/hint.ts';`],
    ['lib/runtime/api.ts', `import { isServerError } from '@smithy/core/retry';`],
    ['lib/runtime/api.ts', `import { FUNCTIONS } from '../../infra/functions.ts';`],
    ['functions/api/a.ts', `import { handler } from './b.ts';`],
    ['functions/api/a.ts', `import { decide } from '../../lib/domain/transitions.ts';`],
    ['functions/api/a.ts', `import { buildStore } from '../../lib/adapters/dynamo/build-store.ts';`],
    ['functions/api/a.ts', `import middy from '@middy/core';`],
    ['functions/api/a.ts', `import * as z from 'zod/mini';`],
    ['lib/client/cli/a.ts', `import { isTerminal } from '../../domain/build.ts';`],
    ['lib/client/cli/a.ts', `import { S3Client } from '@aws-sdk/client-s3';`],
    ['infra/queues.ts', `import { PLATFORMS } from '../lib/domain/build.ts';`],
    ['infra/queues.ts', `import { readEnv } from '../lib/runtime/env.ts';`],
    ['infra/queues.ts', `import { startStack } from './local/stack.ts';`],
    ['dashboard/a.ts', `import { decide } from '../lib/domain/transitions.ts';`],
    ['dashboard/a.ts', `import { join } from 'node:path';`],
    ['dashboard/a.ts', `import { ApiError } from '../lib/client/api-error.ts';`],
    ['infra/local/a.ts', `import { api } from '../../lib/runtime/api.ts';`],
    ['scripts/a.ts', `import { join } from 'node:path';`],
  ])('refuses in %s: %s', (path, source) => expect(forbiddenImports({ [path]: source })).toHaveLength(1));

  it.each([
    ['lib/domain/a.ts', `import { b } from './b.ts';`],
    ['lib/adapters/sqs/a.ts', `import { type Hint, type Message } from '../../app/ports.ts';`],
    ['lib/runtime/container.ts', `import { SQSClient } from '@aws-sdk/client-sqs';`],
    ['functions/api/a.ts', `import type { Build } from '../../lib/domain/build.ts';`],
    ['dashboard/a.ts', `import type { Operations } from '../lib/client/api-types.ts';`],
    ['infra/functions.ts', `import type { EnvName } from '../lib/runtime/env.ts';`],
    ['infra/local/a.ts', `export { type Build } from '../../lib/domain/build.ts';`],
  ])('lets pass in %s: %s', (path, source) => expect(forbiddenImports({ [path]: source })).toEqual([]));

  it('follows a cycle through several files, and not one of types', () => {
    const [a, b, c] = [`import { b } from './b.ts';`, `export * from './c.ts';`, `import { a } from './a.ts';`];
    expect(cycles({ 'lib/a.ts': a, 'lib/b.ts': b, 'lib/c.ts': c })).toEqual([
      'lib/a.ts > lib/b.ts > lib/c.ts > lib/a.ts',
    ]);
    expect(cycles({ 'lib/a.ts': a, 'lib/b.ts': `import type { A } from './a.ts';` })).toEqual([]);
  });

  it.each([
    ['lib/domain/a.ts', 'const now = Date.now();'],
    ['lib/app/a.ts', 'const at = new Date(ms);'],
    ['lib/app/a.ts', 'const id = crypto.randomUUID();'],
    ['lib/app/a.ts', 'const chance = Math.random();'],
    ['lib/app/a.ts', 'const t = performance.now();'],
    ['lib/runtime/api.ts', 'const key = process.env;'],
    ['functions/api/a.ts', 'const key = process.env.KEY;'],
    ['lib/app/a.ts', 'export default function a() {}'],
    ['test/unit/a.test.ts', `describe${'.skip'}('x', () => {});`],
    ['test/unit/a.test.ts', `it.concurrent${'.only'}('x', () => {});`],
    ['infra/a.ts', `sessionStorage${'.key'}`],
    ['dashboard/a.ts', `el.inner${'HTML'} = log;`],
    ['infra/a.ts', `const data = '${here('work')}';`],
    ['test/unit/a.test.ts', `open("${here('tmp')}");`],
  ])('refuses in %s: %s', (path, source) => expect(brokenTextRules({ [path]: source })).toHaveLength(1));

  it('refuses long files and empty names', () => {
    const lines = (count: number) => 'x;\n'.repeat(count);
    expect(
      tooLong({ 'functions/api/a.ts': lines(41), 'lib/app/a.ts': lines(251), 'test/a.ts': lines(401) }),
    ).toHaveLength(3);
    expect(tooLong({ 'functions/api/a.ts': lines(40), 'lib/app/a.ts': lines(250), 'test/a.ts': lines(400) })).toEqual(
      [],
    );
    const names = ['lib/app/utils.ts', 'lib/app/index.ts', 'lib/app/buildStore.ts', 'lib/app/build_store.ts'];
    expect(badNames(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(names);
    expect(badNames({ 'lib/app/build-store.ts': '', 'infra/local/s3rver.d.ts': '', 'test/a-b.test.ts': '' })).toEqual(
      [],
    );
  });
});
