import { type Build, isTerminal } from '../domain/build.ts';
import type { SignsOfLife } from '../domain/signs-of-life.ts';
import type { BuildIndex } from './ports.ts';

export interface ActiveBuild {
  readonly build: Build;
  readonly signs: SignsOfLife;
}

/** Each needs a worker of its own. An answer must not grow without limit all the same. */
const MOST = 1_000;

/** Builds that a worker holds, those first whose lease ends first. */
export async function activeBuilds(index: BuildIndex): Promise<ActiveBuild[]> {
  const active: ActiveBuild[] = [];
  for await (const page of index.due('leased', Number.MAX_SAFE_INTEGER)) {
    for (const { build, signs = {} } of page) {
      // The index may lag behind: the record itself says whether it is held.
      if (build && build.state !== 'pending' && !isTerminal(build.state)) active.push({ build, signs });
    }
    if (active.length >= MOST) break;
  }
  return active.slice(0, MOST);
}
