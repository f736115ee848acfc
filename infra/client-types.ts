import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CONFIG = fileURLToPath(new URL('./client-types.tsconfig.json', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const ENTRY = 'scripting/public.d.ts';
const RELATIVE = /(from\s+['"])(\.[^'"]+)\.ts(['"])/g;

/** Writes the declarations of `buildlatch/client` below `outdir`: those that its entry leads to, and no others. */
export async function writeClientTypes(outdir: string): Promise<void> {
  const emitted = await mkdtemp(join(tmpdir(), 'buildlatch-types-'));
  try {
    await promisify(execFile)(process.execPath, [TSC, '-p', CONFIG, '--outDir', emitted]);
    await copyReached(emitted, resolve(outdir));
  } finally {
    await rm(emitted, { recursive: true, force: true });
  }
}

async function copyReached(from: string, to: string): Promise<void> {
  const reached = new Set([ENTRY]);
  // A set is walked with what is added on the way.
  for (const name of reached) {
    const text = await readFile(join(from, name), 'utf8');
    for (const [, , path = ''] of text.matchAll(RELATIVE)) reached.add(join(dirname(name), `${path}.d.ts`));
    await mkdir(dirname(join(to, name)), { recursive: true });
    // The compiler leaves the names that run here; who installs the package has no `.ts` to run.
    await writeFile(join(to, name), text.replaceAll(RELATIVE, '$1$2.js$3'));
  }
}
