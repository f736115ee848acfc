import type { Build } from './build.ts';

/**
 * What a key may do:
 * - `read`: see every build, log, result and figure;
 * - `submit`: submit builds, and see, cancel and retry those that it submitted (with `read` beside it: all);
 * - `work`: register workers, which then act by the tokens that they are given;
 * - `work-any`: act as any worker by its id as well. For workers of the old system, which show no token for all that they do;
 * - `admin`: everything, keys and draining included. Who may make keys may make one for anything.
 */
export const SCOPES = ['admin', 'read', 'submit', 'work', 'work-any'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key beside the project's own. Its secret is known to its holder alone. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the whole key. */
  readonly hash: string;
  readonly createdAt: number;
  /** The id of the key that made it. */
  readonly createdBy: string;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly revokedBy?: string;
}

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyState({ expiresAt, revokedAt }: ApiKey, now: number): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'active';
}

/** Who has proved to have a key. */
export type KeyHolder = Pick<ApiKey, 'id' | 'scopes'> & Partial<Pick<ApiKey, 'name' | 'expiresAt'>>;

/** The project's own key: it comes from the environment, has no record, and may do everything. */
export const ROOT: KeyHolder = { id: 'root', scopes: ['admin'] };

/** What is noted of who acted: the id of the key's record. The project's own key has none. */
export function notedId(key: KeyHolder | undefined): string | undefined {
  return key && key.id !== ROOT.id ? key.id : undefined;
}

export function hasScope({ scopes }: KeyHolder, needed: Scope): boolean {
  if (needed === 'work' && scopes.includes('work-any')) return true;
  return scopes.includes(needed) || scopes.includes('admin');
}

/** Who may submit sees what it submitted. */
export function maySee(key: KeyHolder, { submittedBy }: Build): boolean {
  return hasScope(key, 'read') || (hasScope(key, 'submit') && submittedBy === key.id);
}
