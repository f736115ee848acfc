import { type Build, isTerminal } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { decide, type Claim } from '../domain/transitions.ts';
import { isOfEarlierProcess, type Worker } from '../domain/worker.ts';
import { announce } from './announce.ts';
import type { FenceDeps } from './fenced.ts';
import { heldBuild } from './held-build.ts';
import type { BuildQueue, BuildStore, Report } from './ports.ts';
import { readableBuild } from './readable-build.ts';

export interface GiveBackDeps extends FenceDeps {
  readonly builds: BuildStore;
  readonly queue: BuildQueue;
  readonly report: Report;
}

/** 3 tries: a heartbeat, a cancel and the sweep can each move the build once between our read and our write. */
const MAX_TRIES = 3;

/** The holder gives its build up: it waits again at once. Counts as a spent attempt, so that no build goes round for ever. */
export async function abandonBuild(
  deps: GiveBackDeps,
  buildId: string,
  claim: Claim,
  maxAttempts: number,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const seen = await heldBuild(deps, buildId, claim);
    const own: Claim = { workerId: claim.workerId, attempt: seen.attempt };
    if (await giveBack(deps, seen, own, { spends: true, maxAttempts, worker: 'stays' })) return;
  }
  throw new Rejection('contended', `Build ${buildId} is being changed by others; try again`);
}

/**
 * The worker shuts down: what it holds waits again, no attempt is spent, and the worker leaves in the same step. An earlier
 * process of it leaves everything to the one that took its place and builds.
 *
 * @param tokenHash of the token that it proved itself with.
 * @returns how many builds wait again.
 */
export async function unregisterWorker(
  deps: GiveBackDeps,
  worker: Worker,
  tokenHash: string,
  maxAttempts: number,
): Promise<number> {
  let current = worker;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await hasSuccessor(deps, current, tokenHash)) return 0;
    const given = await leaveWithBuild(deps, current, maxAttempts);
    if (given || !current.current) {
      if (!given) await deps.workers.remove(current);
      deps.report({ event: 'worker_left', workerId: worker.id });
      return given ? 1 : 0;
    }
    const again = await deps.workers.get(worker.id);
    if (!again) return 0;
    current = again;
  }
  throw new Rejection('contended', `Worker ${worker.id} is being changed by others; try again`);
}

/** Only of one that shows the former token is the build read once more. */
async function hasSuccessor({ builds }: GiveBackDeps, worker: Worker, tokenHash: string): Promise<boolean> {
  if (!worker.current || tokenHash !== worker.previousToken?.hash) return false;
  const build = await readableBuild(builds, worker.current.buildId);
  return build !== undefined && isOfEarlierProcess(worker, build, tokenHash);
}

/** @param by who sends it away, if it does not leave by itself. False: it holds nothing that is still its own. */
export async function leaveWithBuild(
  deps: GiveBackDeps,
  worker: Worker,
  maxAttempts: number,
  by?: string,
): Promise<boolean> {
  if (!worker.current) return false;
  const { buildId, attempt } = worker.current;
  const seen = await readableBuild(deps.builds, buildId);
  const claim: Claim = { workerId: worker.id, attempt };
  const how = { spends: false, maxAttempts, worker: 'leaves', by } as const;
  if (seen && (await giveBack(deps, seen, claim, how))) return true;
  const isStillOwn = seen && decide(seen, { type: 'heartbeat', claim, leaseMs: 0 }, deps.clock()).ok;
  // What it was said to hold went to others: it is freed of the name before it can leave.
  if (!isStillOwn) await deps.workers.forget(worker);
  return false;
}

interface How {
  readonly spends: boolean;
  readonly maxAttempts: number;
  readonly worker: 'stays' | 'leaves';
  /** For the build's history, if it is not the worker itself. */
  readonly by?: string | undefined;
}

/** False: somebody else was quicker, or the build is not the claimant's. */
export async function giveBack(deps: GiveBackDeps, seen: Build, claim: Claim, how: How): Promise<boolean> {
  const now = deps.clock();
  const { spends, maxAttempts, worker, by } = how;
  const decision = decide(seen, { type: 'giveBack', claim, spends, maxAttempts }, now);
  if (!decision.ok) return false;
  if (!(await deps.builds.giveBack(seen, decision.next, now, worker, by)).ok) return false;
  const { id: buildId, attempt } = seen;
  if (isTerminal(decision.next.state)) {
    deps.report({ event: 'build_failed', buildId, attempt, kind: 'lost_worker', workerId: claim.workerId });
    return true;
  }
  deps.report({ event: 'build_given_back', buildId, attempt, workerId: claim.workerId });
  await announce(deps, decision.next);
  return true;
}
