import { fileURLToPath } from 'node:url';
import { runController } from '../../infra/local/run-controller.ts';
import type { SenderLimits } from '../../infra/local/sender-limits.ts';

/**
 * Slow senders are ended within seconds instead of minutes, in about the order in which they otherwise are; honest ones of
 * a test need a small part of that.
 */
export const IMPATIENT: SenderLimits = {
  headersWithinMs: 3_000,
  bodyWithinMs: 4_000,
  requestWithinMs: 8_000,
  idleMs: 6_000,
  checkEveryMs: 250,
};

export const IMPATIENT_CONTROLLER = fileURLToPath(import.meta.url);

if (process.argv[1] === IMPATIENT_CONTROLLER) await runController([], { senderLimits: IMPATIENT });
