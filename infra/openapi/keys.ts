import * as z from 'zod/mini';
import { SCOPES } from '../../lib/domain/api-key.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { NewKey, OneKey } from '../../lib/runtime/inputs/keys.ts';
import { type Description, json } from './description.ts';
import { id, ms } from './fields.ts';

const Key = z.object({
  id,
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  state: z.enum(['active', 'expired', 'revoked']),
  created_at: ms,
  created_by: z.string(),
  expires_at: z.nullable(ms),
  revoked_at: z.nullable(ms),
  revoked_by: z.nullable(z.string()),
});

export const KEYS = {
  'create-key': {
    summary: 'Makes an API key',
    input: NewKey,
    replies: {
      201: json(
        '`key` is what is sent as `X-API-Key`; it is shown this once.',
        z.object({ ...Key.shape, key: z.string() }),
      ),
    },
    refusals: [],
  },
  'list-keys': {
    summary: 'Lists API keys',
    input: Nothing,
    replies: { 200: json('Without their secrets.', z.object({ keys: z.array(Key) })) },
    refusals: [],
  },
  'show-own-key': {
    summary: 'What the key that is sent may do',
    details: 'Any key that is good may ask; `id` is `root` for the project’s own, which has neither name nor end.',
    input: Nothing,
    replies: {
      200: json(
        'The key, without its secret.',
        z.object({ id, name: z.nullable(z.string()), scopes: z.array(z.enum(SCOPES)), expires_at: z.nullable(ms) }),
      ),
    },
    refusals: [],
  },
  'revoke-key': {
    summary: 'Revokes an API key',
    details: 'It may live a minute longer: each function remembers it that long.',
    input: OneKey,
    replies: { 200: json('As it is now.', Key) },
    refusals: ['key_not_found'],
  },
} satisfies Record<string, Description>;
