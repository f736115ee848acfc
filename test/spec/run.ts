import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `npm run test:spec`: checks the model of the dispatcher exhaustively, then leaves out each guard in turn, and demands a
 * counterexample each time. Needs `spin` and a C compiler (Debian: `apt-get install spin gcc`).
 */

const MODEL = join(import.meta.dirname, 'dispatch.pml');

/** What may happen in each: all at once has more states than fit a check of minutes. What is not named is as in the model. */
const WORLDS = {
  // One build, two workers, a sweep, a canceller.
  rivals: [],
  // Two sweeps at once.
  sweeps: ['-DSWEEPS=2', '-DCANCELS=0', '-DCRASHES=0'],
  // One worker that polls twice at once, and two builds.
  twins: ['-DBUILDS=2', '-DWORKERS=1', '-DTWINS', '-DSTALLS=0', '-DCANCELS=0', '-DCRASHES=0'],
  // Two processes with one worker's id, the one restarted while the other goes on and registers again; stray hints.
  restarts: [
    '-DWORKERS=1',
    '-DRESTARTS',
    '-DREGISTRATIONS=1',
    '-DSTRAYS=1',
    '-DCANCELS=0',
    '-DCRASHES=0',
    '-DCOPIES=0',
  ],
  // Two processes with one worker's id, one of which leaves.
  leavers: ['-DWORKERS=1', '-DTWINS', '-DREGISTRATIONS=1', '-DLEAVES=1', '-DCANCELS=0', '-DCRASHES=0', '-DCOPIES=0'],
  // Two workers, one of which leaves, and a record that gets lost.
  lost: ['-DLOSSES=1', '-DLEAVES=1', '-DCANCELS=0', '-DCRASHES=0', '-DCOPIES=0'],
  // What takes too long, dead letters, and a deployment that allows fewer attempts.
  ends: ['-DTIMEOUTS=1', '-DBURIALS=1', '-DLOWERINGS=1', '-DCANCELS=0', '-DCRASHES=0', '-DCOPIES=0'],
} as const;
type World = keyof typeof WORLDS;

/** Each guard with the world in which leaving it out shows soonest, and the code that it stands for. */
const GUARDS: readonly { guard: string; world: World; code: string }[] = [
  { guard: 'NO_ASSIGN_STATE', world: 'rivals', code: "assign-transaction.ts: allowedFrom('assign')" },
  { guard: 'NO_ASSIGN_ATTEMPT', world: 'rivals', code: "assign-transaction.ts: is('attempt')" },
  { guard: 'NO_PLATFORM', world: 'restarts', code: "assign-transaction.ts: is('platform')" },
  { guard: 'NO_LABELS', world: 'restarts', code: "assign-transaction.ts: hasOnly('labels')" },
  { guard: 'NO_ATTEMPTS_LEFT', world: 'ends', code: "assign-transaction.ts: isBelow('spentAttempts')" },
  { guard: 'NO_EPOCH', world: 'restarts', code: "assign-transaction.ts: is('epoch')" },
  { guard: 'NO_WORKER_FREE', world: 'twins', code: "assign-transaction.ts: isAbsent('currentBuildId')" },
  { guard: 'NO_REPEAT_OWN', world: 'rivals', code: 'assign-build.ts: isOwn' },
  { guard: 'NO_REPEAT_STATE', world: 'twins', code: "vm-writes.ts: is('state') of reissueOtp" },
  { guard: 'NO_REPEAT_ATTEMPT', world: 'rivals', code: "vm-writes.ts: is('attempt') of reissueOtp" },
  { guard: 'NO_FORGET_OWN', world: 'twins', code: 'worker-store.ts: forget' },
  { guard: 'NO_HOLDER', world: 'rivals', code: 'build-changes.ts: heldBy' },
  { guard: 'NO_HOLDER_ATTEMPT', world: 'restarts', code: "build-changes.ts: is('attempt') of heldBy" },
  { guard: 'NO_BEAT_STATE', world: 'rivals', code: "build-store.ts: allowedFrom('heartbeat')" },
  { guard: 'NO_FINISH_STATE', world: 'rivals', code: "end-transactions.ts: allowedFrom('complete' | 'fail')" },
  { guard: 'NO_GIVE_BACK_OWN', world: 'lost', code: 'transitions.ts: fence of giveBack' },
  { guard: 'NO_GIVE_BACK_STATE', world: 'rivals', code: "end-transactions.ts: stillAt('giveBack'), its state" },
  { guard: 'NO_GIVE_BACK_ATTEMPT', world: 'rivals', code: "end-transactions.ts: stillAt('giveBack'), its attempt" },
  { guard: 'NO_LAST_ATTEMPT', world: 'rivals', code: 'transitions.ts: spentAttempts >= maxAttempts' },
  { guard: 'NO_RELEASE_OWN', world: 'lost', code: 'build-changes.ts: releaseOf' },
  { guard: 'NO_LEASE_LOST', world: 'ends', code: 'transitions.ts: isLeaseLost' },
  { guard: 'NO_LEASE_SEEN', world: 'rivals', code: "end-transactions.ts: is('leaseUntil')" },
  { guard: 'NO_REQUEUE_STATE', world: 'rivals', code: "end-transactions.ts: stillAt('requeue'), its state" },
  { guard: 'NO_REQUEUE_ATTEMPT', world: 'rivals', code: "end-transactions.ts: stillAt('requeue'), its attempt" },
  { guard: 'NO_EXPIRE_STATE', world: 'ends', code: "end-transactions.ts: stillAt('expire'), its state" },
  { guard: 'NO_EXPIRE_ATTEMPT', world: 'ends', code: "end-transactions.ts: stillAt('expire'), its attempt" },
  { guard: 'NO_REJECT_STATE', world: 'ends', code: "build-store.ts: stillAt('reject'), its state" },
  { guard: 'NO_REJECT_ATTEMPT', world: 'ends', code: "build-store.ts: stillAt('reject'), its attempt" },
  { guard: 'NO_CANCEL_STATE', world: 'rivals', code: "end-transactions.ts: stillAt('cancel'), its state" },
  { guard: 'NO_CANCEL_ATTEMPT', world: 'rivals', code: "end-transactions.ts: stillAt('cancel'), its attempt" },
  { guard: 'NO_RESEND', world: 'rivals', code: 'sweep.ts: repairPending' },
  { guard: 'NO_ACTIVE_BUILDS', world: 'restarts', code: 'register-worker.ts: activeBuilds === 0' },
  { guard: 'NO_RENEW_EPOCH', world: 'restarts', code: "worker-store.ts: is('epoch') of renew" },
  { guard: 'NO_REMOVE_EPOCH', world: 'leavers', code: "worker-store.ts: is('epoch') of remove" },
  { guard: 'NO_REMOVE_FREE', world: 'leavers', code: "worker-store.ts: isAbsent('currentBuildId') of remove" },
];

/** States stay below 10 million: 5 minutes are far beyond what any of these needs. */
const CHECK_TIMEOUT_MS = 300_000;

interface Checked {
  readonly errors: number;
  readonly states: number;
  readonly violated?: string;
}

/** @param optimise takes the compiler longer than most counterexamples take to be found. */
function check(defines: readonly string[], optimise: '-O0' | '-O1'): Checked {
  const folder = mkdtempSync(join(tmpdir(), 'buildlatch-spec-'));
  try {
    execFileSync('spin', ['-a', ...defines, MODEL], { cwd: folder, stdio: 'pipe' });
    execFileSync('cc', [optimise, '-DSAFETY', '-DVECTORSZ=2048', '-DCOLLAPSE', '-o', 'pan', 'pan.c'], { cwd: folder });
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
    const { errors, states, violated } = check(defines, '-O1');
    if (errors > 0) wrong += 1;
    console.log(`${world}: ${states} states, ${errors} errors${violated ? ` · ${violated}` : ''}`);
  }
  let caught = 0;
  for (const { guard, world, code } of GUARDS) {
    const { errors, violated } = check([...WORLDS[world], `-D${guard}`], '-O0');
    if (errors > 0) caught += 1;
    console.log(
      `${errors > 0 ? 'counterexample' : 'NOT CAUGHT'} · ${guard} (${code})${violated ? ` · ${violated}` : ''}`,
    );
  }
  console.log(`spec: ${wrong} errors in the model · ${caught}/${GUARDS.length} left-out guards have a counterexample`);
  return wrong === 0 && caught === GUARDS.length ? 0 : 1;
}

process.exitCode = main();
