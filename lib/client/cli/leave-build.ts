import { ApiError, Unreachable } from '../api-error.ts';
import { type CommandContext, clientFor } from './context.ts';
import { Interrupted } from './exit-codes.ts';
import { ask } from './prompt.ts';
import type { InterruptChoice } from './wait-flags.ts';

export interface LeftBuild {
  readonly id: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly onInterrupt: InterruptChoice | undefined;
  /** Nobody pressed a key, so nobody is asked. */
  readonly isTimeOver: boolean;
}

/** Whoever waited leaves: the build is cancelled or goes on, as they say. Another Ctrl-C, and they leave at once. */
export async function leaveBuild(context: CommandContext, left: LeftBuild): Promise<void> {
  const { io, screen } = context;
  const { id, credentials } = left;
  const inHaste = new AbortController();
  io.onInterrupt(() => inHaste.abort(new Interrupted()));
  try {
    if ((await choose(context, left)) === 'cancel') {
      await clientFor({ ...context, signal: inHaste.signal }, credentials).cancel(id);
      screen.note(`Build ${id} is cancelled`);
      return;
    }
  } catch (error) {
    if (error instanceof ApiError || error instanceof Unreachable)
      screen.note(`Build ${id} is not cancelled: ${error.message}`);
    else if (!(error instanceof Interrupted)) throw error;
  }
  screen.note(`Build ${id} goes on; "buildlatch wait ${id}" waits for it, "buildlatch cancel ${id}" ends it`);
}

async function choose({ io, screen }: CommandContext, left: LeftBuild): Promise<InterruptChoice> {
  if (left.onInterrupt !== undefined) return left.onInterrupt;
  // A pipeline may have a terminal, but nobody sits at it.
  if (left.isTimeOver || !io.stdin.isTTY || !screen.canRepaint) return 'detach';
  const question = `Build ${left.id} is not over. Cancel it (c), or detach and let it go on (d)?`;
  const answer = await ask(io, question, 'd').catch((error: unknown) => {
    // Whoever is interrupted has not ended the line.
    io.stderr.write('\n');
    throw error;
  });
  return /^c/i.test(answer) ? 'cancel' : 'detach';
}
