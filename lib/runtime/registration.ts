import type * as z from 'zod/mini';
import type { Registration as Named } from '../app/register-worker.ts';
import { hasScope, type KeyHolder } from '../domain/api-key.ts';
import { platformsOf } from '../domain/worker.ts';
import type { Headers } from './api.ts';
import { workerClaim } from './credentials.ts';
import type { Registration } from './inputs/workers.ts';

export function registrationOf(
  { name, capabilities, labels, id, active_build_count }: z.output<typeof Registration>,
  key: KeyHolder,
  headers: Headers,
): Named {
  return {
    name,
    platforms: platformsOf(capabilities['platforms']),
    ...(labels && labels.length > 0 && { labels }),
    ...earlierOf(id, key, headers),
    ...(active_build_count !== undefined && { activeBuilds: active_build_count }),
  };
}

/**
 * The earlier registration that is taken up again: by a key that may act as any worker, or by a token of that worker.
 * Without either the id is as good as none, and the worker gets a new one. It is not refused: the old workers register
 * with a key and no token, and try ten times at any answer but 200; a new id they take, as the contract has them do with
 * one that the controller has forgotten. And so nobody learns which ids there are.
 */
function earlierOf(id: string | undefined, key: KeyHolder, headers: Headers): Pick<Named, 'id' | 'tokenHash'> {
  if (id === undefined) return {};
  if (hasScope(key, 'work-any')) return { id };
  const shown = workerClaim(headers);
  return shown?.workerId === id ? { id, tokenHash: shown.tokenHash } : {};
}
