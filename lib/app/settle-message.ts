import type { AssignRefusal } from '../domain/assignment.ts';
import { ABSENT_BUILD_GRACE_MS, assignmentFailed, giveBackSeconds, REFUSAL_CLASS } from '../domain/assignment.ts';
import type { Failure } from '../domain/failure.ts';
import { WHILE_PAUSED_MS } from '../domain/pause.ts';
import type { BuildQueue, BuildStore, Chance, Clock, Hint, Message, Report } from './ports.ts';

interface Deps {
  readonly builds: BuildStore;
  readonly queue: BuildQueue;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly report: Report;
}

/**
 * What becomes of a message whose assignment was refused, or of a build that was found without one. `next`: try another;
 * `undefined`: the worker gets nothing now.
 */
export async function settleRefusal(
  deps: Deps,
  message: Message | undefined,
  hint: Hint,
  workerId: string,
  reason: AssignRefusal,
): Promise<undefined | 'next'> {
  const { buildId, attempt } = hint;
  deps.report({ event: 'assignment_refused', buildId, attempt, workerId, reason });
  if (!message) return settleFound(deps, hint, reason);
  switch (REFUSAL_CLASS[reason]) {
    case 'transient':
      await giveBack(deps, message);
      return undefined;
    case 'permanent':
      await failUnassignable(deps, hint, reason);
      break;
    case 'unknown':
      if (deps.clock() - message.sentAt < ABSENT_BUILD_GRACE_MS) {
        await giveBack(deps, message);
        return 'next';
      }
      break;
    case 'stale':
  }
  await leaveToTimeout(deps, message, () => deps.queue.delete(message));
  return 'next';
}

/** There is nothing to give back. What is refused for the worker's sake stays so; else there may be others. */
async function settleFound(deps: Deps, hint: Hint, reason: AssignRefusal): Promise<undefined | 'next'> {
  if (REFUSAL_CLASS[reason] === 'permanent') await failUnassignable(deps, hint, reason);
  return REFUSAL_CLASS[reason] === 'transient' && reason !== 'conflict' ? undefined : 'next';
}

async function failUnassignable(deps: Deps, { buildId, attempt }: Hint, reason: AssignRefusal): Promise<void> {
  const now = deps.clock();
  const kind = reason === 'source_missing' || reason === 'unreadable' ? reason : 'lost_worker';
  const failure: Failure = { kind, message: assignmentFailed(reason) };
  const hasFailed =
    kind === 'unreadable'
      ? await deps.builds.rejectUnreadable(buildId, now)
      : await deps.builds.reject({ id: buildId, attempt }, failure, now);
  if (hasFailed) deps.report({ event: 'build_failed', buildId, attempt, kind });
}

/** As long as the pause is known to stand for who puts it off. */
const PUT_OFF_SECONDS = WHILE_PAUSED_MS / 1_000;
/** By far below what makes a dead letter (50, see `infra/queues.ts`). */
const MOST_PUT_OFF = 20;

/**
 * The message is for later. Each environment that did not know of the pause has received it once; where those were many, or
 * pauses were, the sweep sends one that nobody has received yet: a build must not fail for having waited.
 */
export async function putOff(deps: Deps, message: Message): Promise<void> {
  const { hint, receives } = message;
  await leaveToTimeout(deps, message, async () => {
    if (!hint || receives < MOST_PUT_OFF) return deps.queue.giveBack(message, PUT_OFF_SECONDS);
    // Due first: between the two there is one message too many, never none.
    await deps.builds.markSent({ id: hint.buildId, attempt: hint.attempt }, 0, deps.clock());
    await deps.queue.delete(message);
  });
}

export async function giveBack(deps: Deps, message: Message): Promise<void> {
  const seconds = giveBackSeconds(message.receives, deps.chance());
  await leaveToTimeout(deps, message, () => deps.queue.giveBack(message, seconds));
}

/** Deleting and giving back are courtesies: if they fail, the visibility timeout brings the message back by itself. */
export async function leaveToTimeout(
  deps: Pick<Deps, 'report'>,
  message: Pick<Message, 'id'>,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    deps.report({ event: 'message_left_to_timeout', messageId: message.id, error });
  }
}
