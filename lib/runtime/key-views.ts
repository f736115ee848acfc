import { type ApiKey, type KeyHolder, keyState } from '../domain/api-key.ts';

/** A key without what could be used to find out its secret. */
export function keyView(key: ApiKey, now: number) {
  const { id, name, scopes, createdAt, createdBy, expiresAt, revokedAt, revokedBy } = key;
  return {
    id,
    name,
    scopes,
    state: keyState(key, now),
    created_at: createdAt,
    created_by: createdBy,
    expires_at: expiresAt ?? null,
    revoked_at: revokedAt ?? null,
    revoked_by: revokedBy ?? null,
  };
}

/** What whoever asks may know of the key that it asks with. The project's own has no name and no end. */
export function ownKeyView({ id, scopes, name, expiresAt }: KeyHolder) {
  return { id, name: name ?? null, scopes, expires_at: expiresAt ?? null };
}
