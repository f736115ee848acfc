import { Rejection } from '../domain/rejection.ts';
import type { HolderClaim } from '../domain/transitions.ts';
import { type Delivery, deliver } from './deliver.ts';
import { sourceFile } from './download-source.ts';
import type { FenceDeps } from './fenced.ts';
import type { FileStore } from './file-ports.ts';
import { heldBuild } from './held-build.ts';
import type { BuildStore, Report } from './ports.ts';

interface Deps extends FenceDeps {
  readonly builds: BuildStore;
  readonly files: FileStore;
  readonly report: Report;
}

/**
 * The source, for the holder of the build only. A build whose source is gone can never be built and has failed.
 *
 * The old controller said 403 to a worker that does not hold the build. Here it is 409 `lease_lost` (410 once the build
 * has ended), as for every other call of a holder, since that is what has happened: of the clients that fetch a source
 * each takes whatever is not 200 as “do not build this”, and only new ones act on the code.
 */
export async function readSource(deps: Deps, buildId: string, claim: HolderClaim): Promise<Delivery> {
  const build = await heldBuild(deps, buildId, claim);
  const delivery = build.source && (await deliver(deps.files, sourceFile(buildId, build.source)));
  if (delivery) return delivery;
  const failure = { kind: 'source_missing', message: 'The source is no longer stored' } as const;
  const outcome = await deps.builds.expire(build, failure, deps.clock());
  const holder = build.holder && { workerId: build.holder.workerId };
  if (outcome.ok)
    deps.report({ event: 'build_failed', buildId, attempt: build.attempt, kind: 'source_missing', ...holder });
  throw new Rejection('source_missing', 'Source not found');
}
