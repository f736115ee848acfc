/** A configuration with which nothing may start. The message names variables, never values. */
export class BadEnvironment extends Error {
  override name = 'BadEnvironment';
}

export const API_KEY_REFUSAL = 'CONTROLLER_API_KEY must be set and at least 32 characters';
const HOW_TO_MAKE_ONE = `Make one with: node -p "require('node:crypto').randomBytes(32).toString('base64url')"`;
const MIN_API_KEY_LENGTH = 32;

/** Keys printed in the public sources, tests and documents of the controller this one replaces: everybody has them. */
export const PUBLISHED_KEYS = new Set([
  'test-api-key-1234567890',
  'dev-insecure-key-change-in-production',
  'test-api-key-demo-1234567890',
  'dev-api-key-minimum-32-characters-long',
  'test-api-key-for-e2e-testing-minimum-32-chars',
  'test-key-32-chars-minimum-length-required',
  'test-api-key-for-testing-purposes-only-32-chars-minimum',
]);

/** The key if it is a good one; throws `BadEnvironment` saying what is wrong with it, never what it is. */
export function checkedApiKey(key: string | undefined): string {
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

type Source = Readonly<Record<string, string | undefined>>;

/**
 * On AWS the environment holds only the name of the key (`API_KEY_PARAMETER`), so that nobody who may look at a function
 * sees it; `read` fetches the key itself. Elsewhere the environment is taken as it is.
 */
export async function withKeptApiKey<S extends Source>(
  source: S,
  read: (name: string) => Promise<string | undefined>,
): Promise<S> {
  const name = source['API_KEY_PARAMETER'];
  if (!name) return source;
  try {
    return { ...source, CONTROLLER_API_KEY: await read(name) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadEnvironment(`${API_KEY_REFUSAL}\nThe parameter ${name} could not be read: ${why}`, { cause: error });
  }
}

export const CERTS_KEY_SHAPE = /^[A-Za-z0-9_-]{43}$/;
export const CERTS_KEY_REFUSAL = 'must be 32 bytes in base64url: 43 characters';

/** The same for the key under which signing material is encrypted, where a function uses it. */
export async function withKeptCertsKey<S extends Source>(
  source: S,
  read: (name: string) => Promise<string | undefined>,
): Promise<S> {
  const name = source['CERTS_KEY_PARAMETER'];
  if (!name) return source;
  try {
    return { ...source, CERTS_KEY: await read(name) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadEnvironment(`CERTS_KEY: the parameter ${name} could not be read: ${why}`, { cause: error });
  }
}
