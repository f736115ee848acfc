import * as z from 'zod/mini';

const seconds = (fallback: number) => z._default(z.coerce.number().check(z.int(), z.positive()), fallback);
const endpoint = z.optional(z.url());

/** Every variable any function may declare. Endpoints are absent on AWS: the SDK then finds the region's own. */
const CATALOGUE = {
  TABLE_NAME: z.string().check(z.minLength(3)),
  DYNAMODB_ENDPOINT: endpoint,
  QUEUE_URL_IOS: z.url(),
  QUEUE_URL_ANDROID: z.url(),
  SQS_ENDPOINT: endpoint,
  SOURCES_BUCKET: z.string().check(z.minLength(3)),
  RESULTS_BUCKET: z.string().check(z.minLength(3)),
  S3_ENDPOINT: endpoint,
  /** Where clients reach the buckets, if not where the functions do: presigned URLs are made for this address. */
  S3_PUBLIC_ENDPOINT: endpoint,
  /** 30 min: a virtual machine may need it to boot, and some workers never send a heartbeat. */
  FIRST_LEASE_SECONDS: seconds(1800),
  /** 90 s = three missed 30 s heartbeats. */
  LEASE_SECONDS: seconds(90),
  /** A day: longer, and whoever waits has given up. */
  MAX_QUEUE_SECONDS: seconds(86_400),
  /** The old workers give up after 2 hours themselves; the third is for their upload and for machines that sleep. */
  MAX_BUILD_SECONDS: seconds(10_800),
  MAX_ATTEMPTS: z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(20)), 3),
} as const;

type Catalogue = typeof CATALOGUE;
export type EnvName = keyof Catalogue;
export type Env<N extends EnvName> = { readonly CONTROLLER_API_KEY: string } & {
  readonly [K in N]: z.output<Catalogue[K]>;
};

/** The variables of one thing that a function opens. */
export const TABLE = ['TABLE_NAME', 'DYNAMODB_ENDPOINT'] as const satisfies readonly EnvName[];
export const QUEUES = ['QUEUE_URL_IOS', 'QUEUE_URL_ANDROID', 'SQS_ENDPOINT'] as const satisfies readonly EnvName[];
export const FILES = [
  'SOURCES_BUCKET',
  'RESULTS_BUCKET',
  'S3_ENDPOINT',
  'S3_PUBLIC_ENDPOINT',
] as const satisfies readonly EnvName[];
export const LEASES = ['FIRST_LEASE_SECONDS', 'LEASE_SECONDS', 'MAX_ATTEMPTS'] as const satisfies readonly EnvName[];

/** A configuration with which nothing may start. The message names variables, never values. */
export class BadEnvironment extends Error {
  override name = 'BadEnvironment';
}

export const API_KEY_REFUSAL = 'CONTROLLER_API_KEY must be set and at least 32 characters';
const HOW_TO_MAKE_ONE = `Make one with: node -p "require('node:crypto').randomBytes(32).toString('base64url')"`;
const MIN_API_KEY_LENGTH = 32;

/** Keys printed in the public sources, tests and documents of the controller this one replaces: everybody has them. */
const PUBLISHED_KEYS = new Set([
  'test-api-key-1234567890',
  'dev-insecure-key-change-in-production',
  'test-api-key-demo-1234567890',
  'dev-api-key-minimum-32-characters-long',
  'test-api-key-for-e2e-testing-minimum-32-chars',
  'test-key-32-chars-minimum-length-required',
  'test-api-key-for-testing-purposes-only-32-chars-minimum',
]);

/**
 * Reads exactly the variables a function declares, and with them always the API key. Throws `BadEnvironment` naming
 * every bad variable at once, so that a bad deployment fails its first start and not its thousandth request.
 */
export function readEnv<const N extends EnvName>(names: readonly N[], source = process.env): Env<N> {
  const read: Record<string, unknown> = { CONTROLLER_API_KEY: readApiKey(source['CONTROLLER_API_KEY']) };
  const problems: string[] = [];
  for (const name of names) {
    const result = z.safeParse(CATALOGUE[name], source[name] || undefined);
    if (result.success) read[name] = result.data;
    else problems.push(`${name}: ${result.error.issues[0]?.message ?? 'invalid'}`);
  }
  if (problems.length > 0) throw new BadEnvironment(`Bad environment: ${problems.join('; ')}`);
  return read as Env<N>;
}

function readApiKey(key: string | undefined): string {
  if (!key || key.length < MIN_API_KEY_LENGTH) {
    if (key && PUBLISHED_KEYS.has(key)) throw publishedKey();
    throw new BadEnvironment(`${API_KEY_REFUSAL}\n${HOW_TO_MAKE_ONE}`);
  }
  if (PUBLISHED_KEYS.has(key)) throw publishedKey();
  // The workers' shell scripts refuse every other character, and a build agent would fail long after the start.
  if (!/^[A-Za-z0-9_-]+$/.test(key)) {
    throw new BadEnvironment(`CONTROLLER_API_KEY may only contain A-Z a-z 0-9 _ -\n${HOW_TO_MAKE_ONE}`);
  }
  return key;
}

function publishedKey(): BadEnvironment {
  return new BadEnvironment(`CONTROLLER_API_KEY is a published demo key that everybody knows\n${HOW_TO_MAKE_ONE}`);
}
