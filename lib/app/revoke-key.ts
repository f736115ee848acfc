import type { ApiKey } from '../domain/api-key.ts';
import { Rejection } from '../domain/rejection.ts';
import type { Clock, KeyStore, Report } from './ports.ts';

/** The key opens nothing more. Revoked again, it stays as it was. @param by the id of the key that asks. */
export async function revokeKey(
  deps: { readonly keys: KeyStore; readonly clock: Clock; readonly report: Report },
  id: string,
  by: string,
): Promise<ApiKey> {
  const key = await deps.keys.revoke(id, by, deps.clock());
  if (!key) throw new Rejection('key_not_found', 'API key not found');
  deps.report({ event: 'key_revoked', keyId: id, by });
  return key;
}
