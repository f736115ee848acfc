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

const RUN_TIMEOUT_MS = 180_000;

type Verdict = 'green' | 'red' | 'no verdict';

/** A run that was cut off says nothing of the mutant: the machine may be slow. It is tried once more, with twice the time. */
function runTests(folder: string): Verdict {
  for (const timeout of [RUN_TIMEOUT_MS, 2 * RUN_TIMEOUT_MS]) {
    const verdict = runOnce(folder, timeout);
    if (verdict !== 'no verdict') return verdict;
  }
  return 'no verdict';
}

function runOnce(folder: string, timeout: number): Verdict {
  const vitest = join(folder, 'node_modules/.bin/vitest');
  const { status } = spawnSync(vitest, ['run', '--bail', '1', ...TESTS], {
    cwd: folder,
    stdio: 'ignore',
    timeout,
    killSignal: 'SIGKILL',
  });
  if (status === null) return 'no verdict';
  return status === 0 ? 'green' : 'red';
}

function makeCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buildlatch-mutation-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  // What `npm ci` made: packages, and the dashboard that a controller does not start without.
  for (const name of ['node_modules', 'dist']) symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

function tryMutant(folder: string, mutant: Mutant): Verdict {
  const path = join(folder, mutant.file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, mutant.source);
  try {
    return runTests(folder);
  } finally {
    writeFileSync(path, original);
  }
}

const SAID_OF: Record<Verdict, string> = { red: 'red', green: 'SURVIVED', 'no verdict': 'CUT OFF, NO VERDICT' };

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
    const untouched = runTests(folder);
    if (untouched !== 'green') {
      console.error(`Before anything is left out, the tests are not green: ${untouched}.`);
      return 1;
    }
    const counts: Record<Verdict, number> = { green: 0, red: 0, 'no verdict': 0 };
    for (const [index, mutant] of mutants.entries()) {
      const verdict = tryMutant(folder, mutant);
      counts[verdict] += 1;
      console.log(`${index + 1}/${mutants.length} ${SAID_OF[verdict]} · ${nameOf(mutant)}`);
    }
    const score = mutants.length === 0 ? 0 : Math.floor((100 * counts.red) / mutants.length);
    const open = counts['no verdict'] === 0 ? '' : ` · ${counts['no verdict']} WITHOUT A VERDICT, cut off twice`;
    console.log(
      `mutation: ${counts.red}/${mutants.length} left-out conditions turned a test red · score ${score} %${open}`,
    );
    return counts.red === mutants.length && mutants.length > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main();
