import { type Build, isTerminal } from '../domain/build.ts';
import type { BuildIndex } from './ports.ts';

/** Each needs a worker of its own. An answer must not grow without limit all the same. */
const MOST = 1_000;

/** Builds that a worker holds, those first whose lease ends first. */
export async function activeBuilds(index: BuildIndex): Promise<Build[]> {
  const active: Build[] = [];
  for await (const page of index.due('leased', Number.MAX_SAFE_INTEGER)) {
    for (const { build } of page) {
      // The index may lag behind: the record itself says whether it is held.
      if (build && build.state !== 'pending' && !isTerminal(build.state)) active.push(build);
    }
    if (active.length >= MOST) break;
  }
  return active.slice(0, MOST);
}
