import type { Clock, KeyStore } from '../app/ports.ts';
import { type ApiKey, type KeyHolder, keyState, ROOT } from '../domain/api-key.ts';
import { remembered } from './remembered.ts';
import { isSameSecret, secrets } from './secrets.ts';

/** Whose key it is, or why it is nobody's (any more). */
type Shown = { readonly key: KeyHolder } | { readonly refusal: string };
export type KeyRing = (presented: string) => Promise<Shown>;

/** A key begins with its id, so that finding it takes one read. */
const KEY = /^([A-Za-z0-9_][A-Za-z0-9_-]{20})[A-Za-z0-9_-]{43}$/;

/** A record is asked for once a minute and execution environment: so long may a key outlive its revocation. */
const FRESH_MS = 60_000;
/** An id that nobody has is asked for again after so long: a program with a wrong key costs six reads a minute, not each. */
const ABSENT_MS = 10_000;
/** More keys in use at once than any project has; beyond, the oldest are read again. */
const MAX_REMEMBERED = 1000;

/** Knows the project's own key, and finds the records of all others. */
export function keyRing(apiKey: string, store: Pick<KeyStore, 'get'>, clock: Clock): KeyRing {
  const known = new Map<string, () => Promise<ApiKey | undefined>>();

  /** Until when an id is known to be nobody's. Apart from what is in use: guesses drive out guesses only. */
  const absent = new Map<string, number>();

  async function recordOf(id: string): Promise<ApiKey | undefined> {
    if (clock() < (absent.get(id) ?? 0)) return undefined;
    const read = known.get(id) ?? remembered(() => store.get(id), FRESH_MS, clock);
    known.set(id, read);
    const record = await read();
    // A stranger's guesses must not drive out what is in use.
    if (!record) {
      known.delete(id);
      absent.delete(id);
      absent.set(id, clock() + ABSENT_MS);
    }
    for (const ids of [known, absent]) dropOldest(ids);
    return record;
  }

  return async (presented) => {
    if (isSameSecret(presented, apiKey)) return { key: ROOT };
    const id = KEY.exec(presented)?.[1];
    const record = id === undefined ? undefined : await recordOf(id);
    if (!record || !isSameSecret(secrets.hash(presented), record.hash)) return { refusal: 'Invalid API key' };
    const state = keyState(record, clock());
    return state === 'active' ? { key: record } : { refusal: `Invalid API key: it has ${PAST[state]}` };
  };
}

function dropOldest(ids: Map<string, unknown>): void {
  const [oldest] = ids.keys();
  if (ids.size > MAX_REMEMBERED && oldest !== undefined) ids.delete(oldest);
}

const PAST = { expired: 'expired', revoked: 'been revoked' } as const;
