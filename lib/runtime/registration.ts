import type * as z from 'zod/mini';
import type { Registration as Named } from '../app/register-worker.ts';
import { platformsOf } from '../domain/worker.ts';
import type { Registration } from './inputs/workers.ts';

export function registrationOf({ name, capabilities, id, active_build_count }: z.output<typeof Registration>): Named {
  return {
    name,
    platforms: platformsOf(capabilities['platforms']),
    ...(id !== undefined && { id }),
    ...(active_build_count !== undefined && { activeBuilds: active_build_count }),
  };
}
