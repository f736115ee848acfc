import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Build, isTerminal } from '../../lib/domain/build.ts';
import { type Command, type Decision, decide } from '../../lib/domain/transitions.ts';
import { aBuild, aResult, NOW } from '../support/builders.ts';

const MAX_ATTEMPTS = 2;

/** What a worker, a canceller, the sweep or the dead-letter queue may ask; `behind` is how stale its view is. */
const step = fc.record({
  type: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('assign', 'heartbeat', 'requeue') },
    { weight: 1, arbitrary: fc.constantFrom('complete', 'fail', 'cancel', 'reject', 'expire', 'giveBack') },
  ),
  worker: fc.nat(1),
  behind: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1, 2) }),
  saysAttempt: fc.boolean(),
  saysToken: fc.boolean(),
  after: fc.constantFrom(0, 1_000, 99_999, 100_000, 150_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function commandOf(build: Build, { type, worker, behind, saysAttempt, saysToken }: Step): Command {
  const workerId = `worker-${worker}`;
  const attempt = build.attempt - behind;
  const token = `hash-of-${workerId}`;
  const claim = { workerId, ...(saysAttempt && { attempt }), ...(saysToken && { tokenHash: token }) };
  switch (type) {
    case 'assign': {
      const holder = { workerId, workerName: workerId, assignmentId: `assignment-${attempt}`, tokenHash: token };
      return {
        type,
        holder,
        attempt,
        leaseMs: 90_000,
        maxAttempts: MAX_ATTEMPTS,
        platform: build.platform,
        labels: [],
      };
    }
    case 'heartbeat':
      return { type, claim, leaseMs: 90_000 };
    case 'complete':
      return { type, claim, result: aResult() };
    case 'fail':
      return { type, claim, kind: 'build', message: 'failed' };
    case 'requeue':
      return { type, attempt, leaseUntil: (build.leaseUntil ?? 0) - behind, maxAttempts: MAX_ATTEMPTS };
    case 'reject':
      return { type, attempt, failure: { kind: 'undeliverable', message: 'nobody' } };
    case 'expire':
      return { type, attempt, failure: { kind: 'timeout_build', message: 'slow' } };
    case 'giveBack':
      return { type, claim, spends: worker === 1, maxAttempts: MAX_ATTEMPTS };
    default:
      return { type: 'cancel' };
  }
}

/** What must hold after each step; the message names what does not. */
function broken(before: Build, command: Command, next: Build, now: number): string | undefined {
  const raised = next.attempt - before.attempt;
  if (raised !== (command.type === 'assign' ? 1 : 0)) return 'only assign raises the attempt, by one';
  if (next.spentAttempts > MAX_ATTEMPTS) return 'spent attempts stay within their maximum';
  if (next.spentAttempts < before.spentAttempts) return 'no attempt is unspent';
  if (isTerminal(before.state)) return 'a final state never changes';
  const isLeased = next.state === 'assigned' || next.state === 'building';
  if (isLeased && (!next.holder || next.leaseUntil === undefined)) return 'a leased build has a holder and an end';
  if (!isLeased && next.leaseUntil !== undefined) return 'what is not leased has no lease';
  if (next.state === 'pending' && (next.holder || next.startedAt !== undefined)) return 'a pending build has no holder';
  if (next.state === 'pending' && next.spentAttempts >= MAX_ATTEMPTS) return 'what waits can still be granted';
  if (isTerminal(next.state) !== (next.finishedAt !== undefined)) return 'ended and finishedAt are the same';
  if ((next.state === 'completed') !== (next.result !== undefined)) return 'only the completed have a result';
  const isFailure = next.state === 'failed' || next.state === 'cancelled';
  if (isFailure !== (next.failure !== undefined)) return 'only what failed or was cancelled has a failure';
  if ('claim' in command && 'workerId' in command.claim) {
    const { claim } = command;
    if (claim.workerId !== before.holder?.workerId) return 'only the holder may report';
    if (claim.attempt !== undefined && claim.attempt !== before.attempt) return 'a stale attempt never gets through';
  }
  const isEarly = command.type === 'requeue' && now < (before.leaseUntil ?? 0);
  return isEarly ? 'a lease is taken back only when it is over' : undefined;
}

describe('any sequence of commands', () => {
  it('keeps the rules of a build’s life', () => {
    const ends = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
        let build = aBuild('pending', { sends: 0 });
        let now = NOW;
        for (const taken of steps) {
          now += taken.after;
          const command = commandOf(build, taken);
          const before = structuredClone(build);
          const decision: Decision<string> =
            command.type === 'assign' ? decide(build, command, now) : decide(build, command, now);
          expect(build).toEqual(before);
          if (decision.ok) {
            expect(broken(before, command, decision.next, now)).toBeUndefined();
            build = decision.next;
          }
        }
        ends.add(build.state);
      }),
      { numRuns: 2000 },
    );
    expect([...ends].sort()).toEqual(expect.arrayContaining(['cancelled', 'completed', 'failed']));
  });
});
