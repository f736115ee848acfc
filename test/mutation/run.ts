import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMutants, type Mutant } from './conditions.ts';

/**
 * `npm run test:mutation`: leaves out each condition of each write in turn, in a copy of the project, and demands that a
 * test goes red. `--only <text>` takes the mutants whose file or condition contains the text.
 */

const ROOT = join(import.meta.dirname, '../..');
const COPIED = ['lib', 'functions', 'infra', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

/** The tests of what the conditions are for, the quickest to tell first. */
const TESTS = [
  'test/contract',
  'test/integration/conditions.test.ts',
  'test/integration/log-numbers.test.ts',
  'test/integration/lost-workers.test.ts',
  'test/integration/repair.test.ts',
  'test/integration/lifecycle.test.ts',
  'test/integration/races.test.ts',
  'test/integration/assignment-failures.test.ts',
  'test/unit/dynamo',
  'test/integration/certs.test.ts',
];

/** A mutant that makes a test hang has been noticed too. */
const RUN_TIMEOUT_MS = 180_000;

function isGreen(folder: string): boolean {
  const vitest = join(folder, 'node_modules/.bin/vitest');
  const { status } = spawnSync(vitest, ['run', '--bail', '1', ...TESTS], {
    cwd: folder,
    stdio: 'ignore',
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return status === 0;
}

function makeCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buildlatch-mutation-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  // What `npm ci` made: packages, and the dashboard that a controller does not start without.
  for (const name of ['node_modules', 'dist']) symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

function survives(folder: string, mutant: Mutant): boolean {
  const path = join(folder, mutant.file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, mutant.source);
  try {
    return isGreen(folder);
  } finally {
    writeFileSync(path, original);
  }
}

function main(): number {
  const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } });
  const only = values.only ?? '';
  const mutants = findMutants(ROOT).filter(({ file, condition }) => file.includes(only) || condition.includes(only));
  const nameOf = ({ file, line, condition }: Mutant) => `${file}:${line} ${condition}`;
  if (values.list) {
    for (const mutant of mutants) console.log(nameOf(mutant));
    return 0;
  }
  const folder = makeCopy();
  try {
    if (!isGreen(folder)) {
      console.error('The tests are red before anything is left out.');
      return 1;
    }
    const survivors = mutants.filter((mutant, index) => {
      const isAlive = survives(folder, mutant);
      console.log(`${index + 1}/${mutants.length} ${isAlive ? 'SURVIVED' : 'red'} · ${nameOf(mutant)}`);
      return isAlive;
    });
    const caught = mutants.length - survivors.length;
    const score = mutants.length === 0 ? 0 : Math.floor((100 * caught) / mutants.length);
    console.log(`mutation: ${caught}/${mutants.length} left-out conditions turned a test red · score ${score} %`);
    return survivors.length === 0 && mutants.length > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main();
