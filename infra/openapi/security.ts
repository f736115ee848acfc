import type { HolderToken, Rule } from '../../lib/runtime/access.ts';
import { BUILD_TOKEN_HEADER, HOLDER_HEADERS } from '../../lib/runtime/credentials.ts';
import type { JsonSchema } from './schema.ts';

const inHeader = (name: string, description: string): JsonSchema => ({
  type: 'apiKey',
  in: 'header',
  name,
  description,
});

const HOLDER_TOKENS: Readonly<Record<HolderToken, string>> = {
  worker: 'What a worker got when it registered, or by its last poll.',
  vm: 'What a virtual machine got for its one-time password.',
  beat: 'What `vm-status` answered: for signs of life alone.',
};

export const SECURITY_SCHEMES: Record<string, JsonSchema> = {
  apiKey: inHeader('x-api-key', 'The project’s own key, or one made with `POST /api/keys` that has the named scope.'),
  buildToken: inHeader(BUILD_TOKEN_HEADER, 'What the submit of the build answered as `access_token`.'),
  ...Object.fromEntries(
    (Object.keys(HOLDER_TOKENS) as HolderToken[]).map((token) => [
      `${token}Token`,
      inHeader(HOLDER_HEADERS[token], HOLDER_TOKENS[token]),
    ]),
  ),
};

/** Any one of them lets in. The scope that a key needs stands behind it; nothing at all is written `{}`. */
export function securityOf(rule: Rule): Record<string, readonly string[]>[] {
  if (rule.for === 'anyone') return [];
  const key = rule.key === undefined ? [] : [{ apiKey: rule.key === 'any' ? [] : [rule.key] }];
  if (rule.for === 'build') return [...key, { buildToken: [] }];
  if (rule.for === 'worker') return [...key, { workerToken: [] }];
  if (rule.for === 'project') return key;
  return [...key, ...rule.tokens.map((token) => ({ [`${token}Token`]: [] })), ...(rule.orIds ? [{}] : [])];
}
