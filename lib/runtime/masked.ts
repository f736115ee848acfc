import { maskSecrets, privateKeyMask } from '../domain/mask-secrets.ts';
import type { Headers } from './api.ts';
import { secretsIn } from './secrets.ts';

/** A worker's words for people, without what must not be read in them: the project's key, and what came with the request. */
export function masked(text: string, apiKey: string, headers: Headers): string {
  return maskSecrets(privateKeyMask()(text), [apiKey, ...secretsIn(headers)]);
}
