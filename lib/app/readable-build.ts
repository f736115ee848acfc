import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { BuildStore } from './ports.ts';

/** A build whose record cannot be read can never be built: it is as if it were not there, and keeps nobody from anything. */
export async function readableBuild(builds: Pick<BuildStore, 'get'>, buildId: string): Promise<Build | undefined> {
  try {
    return await builds.get(buildId);
  } catch (error) {
    if (error instanceof Rejection && error.code === 'unreadable_record') return undefined;
    throw error;
  }
}
