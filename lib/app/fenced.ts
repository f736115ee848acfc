import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { type Command, decide, type LifeClaim } from '../domain/transitions.ts';
import type { Applied, Clock, WorkerStore } from './ports.ts';
import { proveByWorker } from './prove-claim.ts';

export interface FenceDeps {
  readonly workers: WorkerStore;
  readonly clock: Clock;
}

type FencedCommand = Extract<Command, { claim: LifeClaim }>;

/** 3 tries: a worker, a canceller and the sweep can meet on one build; a fourth writer is a bug. */
const MAX_TRIES = 3;

/**
 * Runs a change that only the holder of the current attempt may make, in one conditional write where all is well. If the
 * write meets something else, finds out what: an unknown token, a token that is newer than the grant (the worker
 * registered again: tried once more, the worker item vouching for it), a lost lease, an end.
 *
 * @param apply makes the write; given the claim to put into its condition.
 * @param onRefusal may turn a refusal by the present build into an answer (a replay); otherwise it is thrown.
 */
export async function fenced<C extends LifeClaim, T>(
  deps: FenceDeps,
  buildId: string,
  claim: C,
  commandOf: (claim: C) => FencedCommand,
  apply: (claim: C, verifiedToken?: string) => Promise<Applied>,
  onRefusal: (current: Build) => T | undefined = () => undefined,
): Promise<T | 'applied'> {
  const verifiedToken = 'workerId' in claim ? claim.tokenHash : undefined;
  let proven = claim;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const outcome = await apply(proven, verifiedToken);
    if (outcome.ok) return 'applied';
    proven = await proveByWorker(deps, claim, outcome.current);
    if (!outcome.current) throw new Rejection('build_not_found', 'Build not found');
    const decision = decide(outcome.current, commandOf(proven), deps.clock());
    if (decision.ok) continue;
    const answer = onRefusal(outcome.current);
    if (answer !== undefined) return answer;
    throw new Rejection(decision.code, decision.why);
  }
  throw new Rejection('contended', `Build ${buildId} is being changed by others; try again`);
}
