import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundle } from '../../../infra/bundle.ts';
import { bundleFolder } from '../../../infra/bundle-folder.ts';
import { FUNCTIONS } from '../../../infra/functions.ts';
import { LOADABLE } from '../../support/loadable-environment.ts';
import { ratiosOf, type Spread, spreadOf } from '../report/statistics.ts';

/**
 * What a function's start costs before its first request: the time in which a new process loads its bundle, settings
 * checked and clients made. Each is loaded in a process of its own, function after function, round after round, so that
 * whatever else the machine does meets all of them; in each round the clients of AWS alone are loaded too, and what a
 * function costs is stated as a ratio to them, of the same round.
 */

export interface ColdImport {
  readonly name: string;
  readonly bytes: number;
  readonly ms: Spread;
  /** To the clients of AWS alone, of the same round; those themselves have none. */
  readonly ratio?: Spread;
}

export const BARE = "AWS's clients alone (DynamoDB, SQS, S3)";

const BARE_SOURCE = `
  import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
  import { S3Client, HeadObjectCommand } from '@aws-sdk/client-s3';
  import { SQSClient, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
  const clients = [new DynamoDBClient({}), new S3Client({}), new SQSClient({})];
  export const handler = () => [clients, GetItemCommand, HeadObjectCommand, ReceiveMessageCommand];
`;

/** Nothing but the import is timed: not the process's own start, which Lambda has paid before. */
const LOADER = `
  const before = performance.now();
  const { handler } = await import(process.argv[1]);
  const took = performance.now() - before;
  if (typeof handler !== 'function') throw new Error('no handler');
  console.log(took);
`;

interface Subject {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

export async function measureColdImports(rounds: number, onRound: (round: number) => void): Promise<ColdImport[]> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-cold-'));
  try {
    const subjects = await makeSubjects(folder);
    const times = new Map(subjects.map(({ name }) => [name, [] as number[]]));
    for (let round = 1; round <= rounds; round++) {
      for (const subject of subjects) times.get(subject.name)?.push(await load(subject));
      onRound(round);
    }
    const bare = times.get(BARE) ?? [];
    return subjects.map(({ name, bytes }) => {
      const own = times.get(name) ?? [];
      return { name, bytes, ms: spreadOf(own), ...(name !== BARE && { ratio: ratiosOf(own, bare) }) };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeSubjects(folder: string): Promise<Subject[]> {
  const dist = join(folder, 'dist');
  const bundles = await bundle(dist);
  const bare = join(folder, 'bare.mjs');
  const [output] = Object.values(await bundleBare(bare));
  const functions = FUNCTIONS.map(({ file }) => {
    const path = join(bundleFolder(file, dist), 'index.mjs');
    const own = bundles.find(({ name }) => name.endsWith(`${bundleFolder(file, 'dist')}/index.mjs`));
    if (!own) throw new Error(`no bundle was made of ${file}`);
    return { name: file, path, bytes: own.bytes };
  });
  return [{ name: BARE, path: bare, bytes: output?.bytes ?? 0 }, ...functions];
}

/** Made as the functions' bundles are: minified, shaken, for the same Node. */
async function bundleBare(outfile: string) {
  const source = join(outfile, '../bare-source.mjs');
  await writeFile(source, BARE_SOURCE);
  await symlink(join(import.meta.dirname, '../../../node_modules'), join(outfile, '../node_modules'));
  const { metafile } = await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    metafile: true,
    logLevel: 'warning',
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
  return metafile.outputs;
}

const ENVIRONMENT = { ...LOADABLE, CONTROLLER_API_KEY: 'k'.repeat(43) };

async function load({ path }: Subject): Promise<number> {
  const args = ['--input-type=module', '-e', LOADER, path];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: ENVIRONMENT });
  // A function may log while it starts; the time is the last line.
  return Number(stdout.trim().split('\n').at(-1));
}
