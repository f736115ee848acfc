import type { Endpoint } from '../../lib/runtime/access.ts';
import { BUILDS, OPEN } from './builds.ts';
import { DASHBOARD } from './dashboard.ts';
import { DEAD_LETTERS } from './dead-letters.ts';
import type { Description } from './description.ts';
import { DIAGNOSTICS } from './diagnostics.ts';
import { DOWNLOADS } from './downloads.ts';
import { KEYS } from './keys.ts';
import { LISTS } from './lists.ts';
import { MACHINES } from './machines.ts';
import { QUEUE } from './queue.ts';
import { UPLOADS } from './uploads.ts';
import { WORKERS } from './workers.ts';

/** `not-found` takes what no route takes: there is nothing to describe. */
export type Described = Exclude<Endpoint, 'not-found'>;

/** A function whose endpoint has no line here does not compile. */
export const ENDPOINTS: Readonly<Record<Described, Description>> = {
  ...OPEN,
  ...BUILDS,
  ...LISTS,
  ...DOWNLOADS,
  ...QUEUE,
  ...UPLOADS,
  ...WORKERS,
  ...MACHINES,
  ...DIAGNOSTICS,
  ...KEYS,
  ...DEAD_LETTERS,
  ...DASHBOARD,
};
