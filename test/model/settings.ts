import { FUNCTIONS } from '../../infra/functions.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { MAX_SOURCE_BYTES, OTP_MS, QUARANTINE, SAME_REQUEST_MS } from '../support/settings.ts';

/** The times the controller really runs with: read from where production reads them. */
const env = readEnv(
  [
    'FIRST_LEASE_SECONDS',
    'LEASE_SECONDS',
    'MAX_ATTEMPTS',
    'MAX_QUEUE_SECONDS',
    'MAX_BUILD_SECONDS',
    'PRIORITY_AGING_SECONDS',
  ],
  { CONTROLLER_API_KEY: 'k'.repeat(32) },
);

export const SETTINGS = {
  firstLeaseMs: env.FIRST_LEASE_SECONDS * 1000,
  leaseMs: env.LEASE_SECONDS * 1000,
  maxAttempts: env.MAX_ATTEMPTS,
  maxQueueMs: env.MAX_QUEUE_SECONDS * 1000,
  maxBuildMs: env.MAX_BUILD_SECONDS * 1000,
  priorityAgingMs: env.PRIORITY_AGING_SECONDS * 1000,
  otpMs: OTP_MS,
  quarantine: QUARANTINE,
  sameRequestMs: SAME_REQUEST_MS,
  maxBytes: MAX_SOURCE_BYTES,
};

export type Settings = Readonly<typeof SETTINGS>;

export const SWEEP_MS = sweepMs();

/** How far the clocks of two Lambdas may be from the true time, either way. */
export const MAX_SKEW_MS = 5_000;

function sweepMs(): number {
  const trigger = FUNCTIONS.find(({ file }) => file === 'schedule/sweep')?.trigger;
  if (trigger?.kind !== 'schedule') throw new Error('the sweep has no schedule');
  return trigger.everySeconds * 1000;
}
