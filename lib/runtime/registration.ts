import * as z from 'zod/mini';
import type { Registration as Named } from '../app/register-worker.ts';
import { platformsOf } from '../domain/worker.ts';
import { text } from './fields.ts';

const REQUIRED = 'Name and capabilities required';

/**
 * What a worker says of itself. One field is needed of the capabilities; the rest is ignored, and so is everything
 * unknown beside them: an installer sends the API key there. An id that is none of ours is as good as no id.
 */
export const Registration = z.object({
  name: z
    .pipe(
      z.pipe(z.string(REQUIRED), text(200)),
      z.transform((name) => name.replace(/\p{C}/gu, ' ').trim()),
    )
    .check(z.minLength(1, REQUIRED)),
  capabilities: z.record(z.string(), z.unknown(), REQUIRED),
  id: z.catch(z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/))), undefined),
  active_build_count: z.catch(z.optional(z.int().check(z.nonnegative())), undefined),
});

export function registrationOf({ name, capabilities, id, active_build_count }: z.output<typeof Registration>): Named {
  return {
    name,
    platforms: platformsOf(capabilities['platforms']),
    ...(id !== undefined && { id }),
    ...(active_build_count !== undefined && { activeBuilds: active_build_count }),
  };
}
