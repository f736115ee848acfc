import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `npm run test:spec`: checks the model of the dispatcher exhaustively, then leaves out each guard in turn, and demands a
 * counterexample each time. Needs `spin` and a C compiler (Debian: `apt-get install spin gcc`).
 */

const MODEL = join(import.meta.dirname, 'dispatch.pml');

/** One build, two workers, a sweep, a canceller; the same with two sweeps at once; and one worker that polls twice at once for two builds. */
const WORLDS = {
  rivals: [],
  // With copies and crashes as well it has more states than fit a check of minutes.
  sweeps: ['-DSWEEPS=2', '-DCOPIES=0', '-DCRASHES=0'],
  twins: ['-DBUILDS=2', '-DWORKERS=1', '-DTWINS', '-DSTALLS=0', '-DCRASHES=0'],
} as const;
type World = keyof typeof WORLDS;

/** Each guard with the world in which leaving it out shows soonest, and the code that it stands for. */
const GUARDS: readonly { guard: string; world: World; code: string }[] = [
  { guard: 'NO_ASSIGN_STATE', world: 'rivals', code: "assign-transaction.ts: allowedFrom('assign')" },
  { guard: 'NO_ASSIGN_ATTEMPT', world: 'rivals', code: "assign-transaction.ts: is('attempt')" },
  { guard: 'NO_WORKER_FREE', world: 'twins', code: "assign-transaction.ts: isAbsent('currentBuildId')" },
  { guard: 'NO_HOLDER', world: 'rivals', code: 'build-changes.ts: heldBy' },
  { guard: 'NO_FINISH_STATE', world: 'rivals', code: "end-transactions.ts: allowedFrom('complete' | 'fail')" },
  { guard: 'NO_LEASE_SEEN', world: 'rivals', code: "end-transactions.ts: is('leaseUntil')" },
  { guard: 'NO_REQUEUE_ATTEMPT', world: 'rivals', code: "end-transactions.ts: is('attempt') of requeue" },
  { guard: 'NO_CANCEL_SEEN', world: 'rivals', code: 'build-changes.ts: stillAt' },
  { guard: 'NO_RESEND', world: 'rivals', code: 'sweep.ts: repairPending' },
];

/** States stay below 10 million: 5 minutes are far beyond what any of these needs. */
const CHECK_TIMEOUT_MS = 300_000;

interface Checked {
  readonly errors: number;
  readonly states: number;
  readonly violated?: string;
}

function check(defines: readonly string[]): Checked {
  const folder = mkdtempSync(join(tmpdir(), 'buildlatch-spec-'));
  try {
    execFileSync('spin', ['-a', ...defines, MODEL], { cwd: folder, stdio: 'pipe' });
    execFileSync('cc', ['-O2', '-DSAFETY', '-DVECTORSZ=2048', '-DCOLLAPSE', '-o', 'pan', 'pan.c'], { cwd: folder });
    const { stdout, signal } = spawnSync('./pan', ['-m400000', '-w24'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: CHECK_TIMEOUT_MS,
    });
    const errors = /errors: (\d+)/.exec(stdout)?.[1];
    const states = /(\S+) states, stored/.exec(stdout)?.[1];
    if (errors === undefined || states === undefined) throw new Error(`no verdict (${signal}): ${stdout.slice(-500)}`);
    if (/max search depth too small/.test(stdout)) throw new Error('the search was cut off: not exhaustive');
    const violated = /^pan:1: (.*)$/m.exec(stdout)?.[1];
    return { errors: Number(errors), states: Number(states), ...(violated !== undefined && { violated }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): number {
  const found = spawnSync('spin', ['-V'], { encoding: 'utf8' });
  if (found.error) {
    console.error('spin is not installed. On Debian: apt-get install spin gcc');
    return 1;
  }
  let wrong = 0;
  for (const [world, defines] of Object.entries(WORLDS)) {
    const { errors, states, violated } = check(defines);
    if (errors > 0) wrong += 1;
    console.log(`${world}: ${states} states, ${errors} errors${violated ? ` · ${violated}` : ''}`);
  }
  let caught = 0;
  for (const { guard, world, code } of GUARDS) {
    const { errors, violated } = check([...WORLDS[world], `-D${guard}`]);
    if (errors > 0) caught += 1;
    console.log(
      `${errors > 0 ? 'counterexample' : 'NOT CAUGHT'} · ${guard} (${code})${violated ? ` · ${violated}` : ''}`,
    );
  }
  console.log(`spec: ${wrong} errors in the model · ${caught}/${GUARDS.length} left-out guards have a counterexample`);
  return wrong === 0 && caught === GUARDS.length ? 0 : 1;
}

process.exitCode = main();
