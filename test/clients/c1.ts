import * as z from 'zod/mini';
import { Listed, oldCommandLine } from './command-line.ts';
import type { Site } from './wire.ts';

/** C1, the first command line: the key with everything; an answer that does not come is asked for three times more. */
export const c1 = (site: Site) =>
  oldCommandLine(site, {
    retryAfterMs: [1_000, 1_000, 1_000],
    isBrokenRetried: false,
    logHeaders: (key) => key,
    readList: (json) => z.array(Listed).parse(json),
  });
