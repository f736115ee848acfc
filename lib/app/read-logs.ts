import { type Build, isTerminal } from '../domain/build.ts';
import type { LogLine } from '../domain/log-line.ts';
import type { Clock, LogStore } from './ports.ts';

export interface LogPage {
  readonly lines: readonly LogLine[];
  readonly nextCursor?: string;
  /** Nothing will follow: the build has ended and this is the last of it. */
  readonly isFinal: boolean;
}

/** A finish and a last log call may cross: only this long after the end nothing more can appear. */
const SETTLED_AFTER_MS = 2_000;

/**
 * @param cursor that of an earlier page, or undefined for everything from the first line on.
 * @param limit so many of the first lines at most, as one of the old controllers had it; behind a cursor it means nothing.
 */
export async function readLogs(
  deps: { readonly logs: LogStore; readonly clock: Clock },
  build: Build,
  { cursor, limit }: { readonly cursor?: number | undefined; readonly limit?: number | undefined },
): Promise<LogPage> {
  const now = deps.clock();
  const after = cursor ?? 0;
  const hasTail = cursor !== undefined || isTerminal(build.state);
  const page = await deps.logs.read(build.id, Math.max(0, after - 1), { now, hasTail });
  // The first line is no record: every build begins with it, and the old clients' scripts look for it.
  const submitted: LogLine = { timestamp: build.submittedAt, level: 'info', message: submittedLine(build) };
  const lines = after === 0 ? [submitted, ...page.lines] : page.lines;
  if (cursor === undefined && limit !== undefined && limit < lines.length) {
    // A cursor stands behind whole batches: behind a cut there is none.
    return { lines: lines.slice(0, limit), isFinal: false };
  }
  const isSettled = isTerminal(build.state) && now - (build.finishedAt ?? now) >= SETTLED_AFTER_MS;
  return { lines, nextCursor: String(page.next + 1), isFinal: isSettled && !page.hasMore };
}

function submittedLine({ originalBuildId }: Build): string {
  return originalBuildId === undefined ? 'Build submitted' : `Build submitted (retry of ${originalBuildId})`;
}
