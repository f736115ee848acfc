import * as z from 'zod/mini';
import { SCOPES } from '../../domain/api-key.ts';
import { id, printed } from '../fields.ts';

/** What is said of API keys. */

export const NewKey = z.object({
  name: printed('name required: what the key is for', 100),
  scopes: z
    .array(z.enum(SCOPES, `must be of ${SCOPES.join(', ')}`), `scopes required: a list of ${SCOPES.join(', ')}`)
    .check(z.minLength(1, 'scopes required: at least one'), z.maxLength(SCOPES.length)),
  /** From now on. Absent: until it is revoked. */
  expires_days: z.optional(z.int('must be a whole number of days').check(z.gte(1), z.lte(3650))),
});

export const OneKey = z.object({ id });
