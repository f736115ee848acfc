import * as z from 'zod/mini';
import { Listed, oldCommandLine } from './command-line.ts';
import type { Site } from './wire.ts';

/** C2, the second command line: sends everything again, the submit too, up to ten times, after 1 s, 2 s, … 512 s. */
export const c2 = (site: Site) =>
  oldCommandLine(site, {
    retryAfterMs: Array.from({ length: 10 }, (_, retry) => 1_000 * 2 ** retry),
    isBrokenRetried: true,
    logHeaders: (key, token) => (token ? { 'x-build-token': token } : key),
    readList: (json) => {
      const read = z.union([z.array(Listed), z.object({ builds: z.array(Listed) })]).parse(json);
      return Array.isArray(read) ? read : read.builds;
    },
  });
