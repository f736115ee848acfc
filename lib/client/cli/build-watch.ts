import type { BuildRecord, LogLine } from '../answers.ts';
import type { QueuePlace } from '../queue-answers.ts';
import type { ApiClient } from '../api-client.ts';
import { ApiError, Unreachable } from '../api-error.ts';
import { ignoreAbort } from '../clock.ts';
import type { CommandContext } from './context.ts';
import { logText } from './follow-logs.ts';
import { placeText, stateText, viewLines } from './view-lines.ts';

/** Shows how a build stands while its log is followed. */
export interface BuildWatch {
  line(line: LogLine): void;
  /** Takes the view away; a build that went wrong leaves the end of its log. */
  end(isGood: boolean): void;
}

const BUILD_EVERY_MS = 5_000;
/** A place costs the controller some reads of an index: often enough to see that something moves. */
const PLACE_EVERY_MS = 30_000;
const REPAINT_MS = 1_000;
const TAIL_SHOWN = 6;
const TAIL_LEFT = 30;

/**
 * On a terminal a view that replaces itself; elsewhere every line of the log, and a line when the build's place has changed.
 * What cannot be asked is not shown: only the log decides whether waiting goes on.
 */
export function watchBuild(context: CommandContext, client: ApiClient, id: string, signal: AbortSignal): BuildWatch {
  const { io, screen, isJson } = context;
  const isLive = screen.canRepaint;
  const startedAt = io.clock.now();
  const tail: LogLine[] = [];
  let build: BuildRecord | undefined;
  let place: QueuePlace | undefined;
  let stateSince = startedAt;
  let isOver = false;
  let told = '';

  const paint = () => {
    if (!isLive || isOver) return;
    const lines = tail.slice(-TAIL_SHOWN);
    screen.paint(viewLines({ id, build, place, stateSince, watchedSince: startedAt, lines }, io.clock.now()));
  };
  const tell = (text: string | undefined) => {
    if (isLive || isOver || text === undefined || text === told) return;
    told = text;
    screen.note(`Build ${id}: ${text}`);
  };
  const seeBuild = async () => {
    const seen = await client.show(id);
    // Since when it has been as it is found nobody here knows.
    if (build && seen.state !== build.state) stateSince = io.clock.now();
    build = seen;
    if (seen.state !== 'pending') tell(stateText(seen));
    paint();
    return seen.state;
  };
  const seePlace = async () => {
    if (build && build.state !== 'pending') return false;
    const seen = await client.place(id);
    // Once it has left the queue, how long builds take is still of interest.
    if (seen.ahead !== null) place = seen;
    tell(placeText(seen));
    paint();
    return true;
  };

  const every = async (ms: number, see: () => Promise<unknown>) => {
    while (!isOver && !signal.aborted) {
      // False: there is nothing more to see.
      if ((await see().catch(ignoreFaults)) === false) return;
      await io.clock.wait(ms, signal);
    }
  };
  const run = (ms: number, see: () => Promise<unknown>) => void every(ms, see).catch(ignoreAbort(signal));
  if (!isJson || isLive) {
    run(isLive ? BUILD_EVERY_MS : PLACE_EVERY_MS, seeBuild);
    run(PLACE_EVERY_MS, seePlace);
  }
  if (isLive) run(REPAINT_MS, async () => paint());

  return {
    line: (line) => {
      if (!isLive) {
        screen.note(logText(line));
        return;
      }
      tail.push(line);
      if (tail.length > TAIL_LEFT) tail.shift();
      paint();
    },
    end: (isGood) => {
      isOver = true;
      screen.paint([]);
      if (isLive && !isGood) for (const line of tail) screen.note(logText(line));
    },
  };
}

/** An older controller knows no places, and one that is away for a moment is asked again. */
function ignoreFaults(error: unknown): false | undefined {
  if (error instanceof ApiError) return error.status === 404 ? false : undefined;
  if (error instanceof Unreachable) return undefined;
  throw error;
}
