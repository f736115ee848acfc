import type { Platform } from '../domain/build.ts';
import { goesBefore, placeOf } from '../domain/line.ts';
import type { Worker } from '../domain/worker.ts';
import type { Message, Report, WaitingBuild, WaitingBuilds } from './ports.ts';

interface Deps {
  readonly waiting: WaitingBuilds;
  readonly report: Report;
}

/** Whose turn it is before the message that was received; without a message, whose turn it is. Each build once. */
export type Line = (message: Message | undefined) => Promise<WaitingBuild | undefined>;

/**
 * The builds of one platform that one poll may find without their message: those that ask for labels, if its worker has
 * any; and those with priority, once there is a message that they could go before. So a poll that finds nothing asks
 * nothing more than it would without them.
 */
export function openLine(deps: Deps, { labels = [] }: Worker, platform: Platform): Line {
  let line: WaitingBuild[] | undefined;
  let knowsUrgent = false;
  const add = async (...reads: Promise<readonly WaitingBuild[]>[]) => {
    const found = await orNone(deps, Promise.all(reads));
    // Once it has cost its retries, it is not tried again in this poll.
    knowsUrgent ||= found === undefined;
    line = [...(line ?? []), ...(found ?? []).flat()].sort((a, b) => placeOf(a) - placeOf(b));
  };
  return async (message) => {
    if (!line) await add(...labels.map((label) => deps.waiting.labelled(platform, label, labels)));
    if (message?.hint && !knowsUrgent) {
      await add(deps.waiting.urgent(platform));
      knowsUrgent = true;
    }
    const first = line?.[0];
    if (!first || (message && !isBefore(first, message))) return undefined;
    return line?.shift();
  };
}

function isBefore(rival: WaitingBuild, { hint, receives }: Message): boolean {
  return hint !== undefined && hint.buildId !== rival.buildId && goesBefore(rival, hint, receives);
}

/** An index that cannot be read costs some builds their turn, and must not cost all others theirs. */
export async function orNone<T>(deps: Pick<Deps, 'report'>, read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    deps.report({ event: 'line_not_read', error });
    return undefined;
  }
}
