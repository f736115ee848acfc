import type { ApiKey, Scope } from '../domain/api-key.ts';
import type { Clock, KeyStore, Report, Secrets } from './ports.ts';

interface Deps {
  readonly keys: KeyStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly report: Report;
}

interface Wanted {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresDays?: number | undefined;
}

const DAY_MS = 86_400_000;

/** A key for whoever is named. `secret` is the whole of it and is kept nowhere. @param by the id of the key that asks. */
export async function createKey(deps: Deps, wanted: Wanted, by: string): Promise<{ key: ApiKey; secret: string }> {
  const now = deps.clock();
  const id = deps.secrets.id();
  const secret = `${id}${deps.secrets.token()}`;
  const { name, scopes, expiresDays } = wanted;
  const key: ApiKey = {
    id,
    name,
    scopes: [...new Set(scopes)],
    hash: deps.secrets.hash(secret),
    createdAt: now,
    createdBy: by,
    ...(expiresDays !== undefined && { expiresAt: now + expiresDays * DAY_MS }),
  };
  await deps.keys.create(key);
  deps.report({ event: 'key_created', keyId: id, scopes: key.scopes, by });
  return { key, secret };
}
