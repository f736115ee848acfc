import type { Build, StoredFile } from '../domain/build.ts';
import { resendAt } from '../domain/due.ts';
import { hasMessages } from '../domain/line.ts';
import type { BuildQueue, BuildStore, Clock, Hint, Report } from './ports.ts';

interface Deps {
  readonly builds: BuildStore;
  readonly queue: BuildQueue;
  readonly clock: Clock;
  readonly report: Report;
}

/**
 * Sends the message of a build that waits, and notes it. The record is durable and due by now: if this fails, the sweep
 * makes up for it, so what the caller was doing has succeeded.
 */
export async function announce(deps: Deps, build: Build): Promise<void> {
  if (!build.source || !hasMessages(build)) return;
  try {
    await sendHint(deps, build, build.source);
  } catch (error) {
    deps.report({ event: 'send_left_to_sweep', buildId: build.id, error });
  }
}

/** Throws when the message could not be sent or noted; the build then stays due. One without messages is only noted. */
export async function sendHint(deps: Deps, build: Build, source: StoredFile): Promise<void> {
  const sends = build.sends + 1;
  if (hasMessages(build)) await deps.queue.send(hintOf(build, source));
  await deps.builds.markSent(build, sends, resendAt(deps.clock(), sends));
}

function hintOf({ id, attempt, platform, submittedAt, certs, rank }: Build, { size, sha256 }: StoredFile): Hint {
  const facts = { buildId: id, attempt, platform, submittedAt, sourceSize: size, sourceSha256: sha256 };
  return { ...facts, ...(certs && { hasCerts: true }), ...(rank !== undefined && { rank }) };
}
