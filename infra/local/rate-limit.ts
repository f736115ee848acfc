import { posix } from 'node:path';
import { ACCESS, type Rule } from '../../lib/runtime/access.ts';
import type { Match } from './routes.ts';
import { createRecent, createTokenBuckets } from './token-buckets.ts';

/** A minute. 0: no limit. */
export interface RateLimits {
  readonly RATE_LIMIT_PER_KEY: number;
  readonly RATE_LIMIT_PER_ADDRESS: number;
  readonly RATE_LIMIT_FAILED_AUTH: number;
}

/** 6,000 workers that poll each 30 s behind one key or address; and of those whose credentials are wrong, one a second. */
export const RATE_LIMITS: RateLimits = {
  RATE_LIMIT_PER_KEY: 12_000,
  RATE_LIMIT_PER_ADDRESS: 12_000,
  RATE_LIMIT_FAILED_AUTH: 60,
};

/** Who asks, and for what. */
export interface Asked {
  readonly address: string;
  /** Hashes of all credentials that came with the request. */
  readonly credentials: readonly string[];
  /** Absent where no function takes the request. */
  readonly match?: Match | undefined;
}

export interface TooMany {
  readonly error: string;
  readonly retryAfterSeconds: number;
}

export type RateLimiter = ReturnType<typeof createRateLimiter>;

/**
 * How often somebody may ask. `protectedRoutes` are not counted and never refused, whatever else comes from the same key or
 * address: a lease that is not renewed loses its build.
 */
export function createRateLimiter(limits: RateLimits, protectedRoutes: readonly string[]) {
  const isProtected = ({ match }: Asked) => match !== undefined && protectedRoutes.includes(match.routeKey);
  const bucketsOf = (setting: keyof RateLimits) =>
    limits[setting] > 0 ? createTokenBuckets(limits[setting]) : undefined;
  const byKey = bucketsOf('RATE_LIMIT_PER_KEY');
  const byAddress = bucketsOf('RATE_LIMIT_PER_ADDRESS');
  const failures = bucketsOf('RATE_LIMIT_FAILED_AUTH');
  /** What has opened something lately: strangers who guess from the same address do not keep it out. */
  const proven = createRecent<true>();

  function refusal(asked: Asked, nowMs: number): TooMany | undefined {
    const { address, credentials } = asked;
    const waits = [
      tooMany('requests', 'with one key', 'RATE_LIMIT_PER_KEY', longestWait(credentials, nowMs)),
      tooMany('requests', 'from one address', 'RATE_LIMIT_PER_ADDRESS', byAddress?.waitSeconds(address, nowMs)),
      needsCredential(asked) && !proven.get(together(credentials))
        ? tooMany(
            'refused credentials',
            'from one address',
            'RATE_LIMIT_FAILED_AUTH',
            failures?.waitSeconds(address, nowMs),
          )
        : undefined,
    ];
    return waits.find((wait) => wait !== undefined);
  }

  const longestWait = (credentials: readonly string[], nowMs: number) =>
    Math.max(0, ...credentials.map((credential) => byKey?.waitSeconds(credential, nowMs) ?? 0));

  function tooMany(what: string, whose: string, setting: keyof RateLimits, seconds = 0): TooMany | undefined {
    if (seconds === 0) return undefined;
    const error = `More than ${limits[setting]} ${what} a minute ${whose} (${setting}): try again in ${seconds} s`;
    return { error, retryAfterSeconds: seconds };
  }

  return {
    /** Counts the request, or says why it may not go on; one that may not costs nothing. */
    admit(asked: Asked, nowMs: number): TooMany | undefined {
      if (isProtected(asked)) return undefined;
      const refused = refusal(asked, nowMs);
      if (refused) return refused;
      byAddress?.take(asked.address, nowMs);
      for (const credential of asked.credentials) byKey?.take(credential, nowMs);
      return undefined;
    },
    /** Learns from the answer whether the credential was good. */
    answered(asked: Asked, status: number, nowMs: number): void {
      if (isProtected(asked)) return;
      const name = together(asked.credentials);
      if (status === 401 || status === 403) failures?.take(asked.address, nowMs);
      if (status === 401) proven.delete(name);
      if (status < 400 && name !== '' && needsCredential(asked)) proven.set(name, true);
    },
    /** How much it remembers. */
    size: () => [byKey, byAddress, failures, proven].reduce((sum, part) => sum + (part?.size() ?? 0), 0),
  };
}

/** Beside a good token a bad key proves nothing: only what came together has. */
const together = (credentials: readonly string[]) => credentials.join();

const RULES: Readonly<Record<string, Rule>> = ACCESS;

function needsCredential({ match }: Asked): boolean {
  return match !== undefined && RULES[posix.basename(match.file)]?.for !== 'anyone';
}
