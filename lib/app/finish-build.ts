import type { Build, ResultFile } from '../domain/build.ts';
import type { ReportedKind } from '../domain/failure.ts';
import { Rejection } from '../domain/rejection.ts';
import { type Claim, type Command, decide, isHeldBy, type VmClaim } from '../domain/transitions.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import { attemptOf, resultKey, resultName } from './file-keys.ts';
import type { FileStore } from './file-ports.ts';
import { keepFile, type SentFile } from './keep-file.ts';
import type { BuildStore, Ending, Report, Secrets } from './ports.ts';

interface EndDeps extends FenceDeps {
  readonly builds: BuildStore;
  readonly report: Report;
}

export interface FinishDeps extends EndDeps {
  readonly files: FileStore;
  readonly secrets: Secrets;
}

/** Completes a build with a result that was uploaded to a ticket of `createResultUpload`. */
export async function completeWithUpload(
  deps: FinishDeps,
  buildId: string,
  claim: Claim,
  uploadId: string,
): Promise<void> {
  const attempt = attemptOf(uploadId);
  if (attempt === undefined) throw new Rejection('invalid_request', 'upload_id is not one of a result');
  if (claim.attempt !== undefined && claim.attempt !== attempt) {
    throw new Rejection('lease_lost', `The upload belongs to attempt ${attempt}`);
  }
  const key = resultKey(buildId, attempt, uploadId);
  const found = await deps.files.find('results', key);
  if (!found) {
    // Kept results expire; a report that was accepted while its file was there stays accepted.
    const build = await deps.builds.get(buildId);
    if (build && isHeldBy(build, { ...claim, attempt }) && build.result?.key === key) return;
    throw new Rejection('upload_missing', 'Missing result file: nothing has been uploaded under this upload_id');
  }
  const { size, sha256, filename = buildId } = found;
  const result: ResultFile = { key, size, sha256, filename };
  await finish(deps, buildId, { ...claim, attempt }, { state: 'completed', result });
}

/** Completes a build with a file that came with the request. It is stored under the attempt before it ends. */
export async function completeWithBytes(deps: FinishDeps, held: Build, claim: Claim, file: SentFile): Promise<void> {
  const { id, attempt } = held;
  const result = resultOf(deps, held, file);
  await keepFile(deps.files, 'results', result.key, file);
  await finish(deps, id, { ...claim, attempt }, { state: 'completed', result });
}

/** Completes a build with what its virtual machine brings. The same file again is the same result, and stored once. */
export async function completeFromVm(deps: FinishDeps, buildId: string, vm: VmClaim, file: SentFile): Promise<void> {
  const { build, claim } = await workerBehind(deps, buildId, vm);
  const result = resultOf(deps, build, file);
  const decision = decide(build, { type: 'complete', claim, result }, deps.clock());
  if (decision.ok) return completeWithBytes(deps, build, claim, file);
  if (!isReplay(build, claim, { state: 'completed', result })) throw new Rejection(decision.code, decision.why);
}

/**
 * The claim of the worker whose virtual machine this is: what ends a build frees its worker, which the machine cannot
 * name. The attempt in it is the fence, and so the machine's token need not be asked for again.
 */
export async function workerBehind(
  deps: { readonly builds: BuildStore },
  buildId: string,
  vm: VmClaim,
): Promise<{ build: Build; claim: Claim }> {
  const build = await deps.builds.get(buildId);
  if (!build) throw new Rejection('build_not_found', 'Build not found');
  const { holder, attempt } = build;
  if (!holder || !isHeldBy(build, vm)) throw new Rejection('lease_lost', 'Build not assigned to this virtual machine');
  return { build, claim: { workerId: holder.workerId, attempt } };
}

function resultOf(deps: FinishDeps, build: Build, file: SentFile): ResultFile {
  // From the content: the same bytes sent again are the same result, and the request a replay.
  const key = resultKey(build.id, build.attempt, deps.secrets.idFrom(`result ${file.sha256}`));
  return {
    key,
    size: 'bytes' in file ? file.bytes.length : file.size,
    sha256: file.sha256,
    filename: resultName(build),
  };
}

export async function failBuild(
  deps: EndDeps,
  buildId: string,
  claim: Claim,
  message: string,
  kind: ReportedKind = 'build',
): Promise<void> {
  await finish(deps, buildId, claim, { state: 'failed', message, kind });
}

async function finish(deps: EndDeps, buildId: string, claim: Claim, ending: Ending): Promise<void> {
  const outcome = await fenced(
    deps,
    buildId,
    claim,
    (proven) => commandOf(proven, ending),
    (proven) => deps.builds.finish(buildId, proven, ending, deps.clock()),
    (current) => (isReplay(current, claim, ending) ? 'replayed' : undefined),
  );
  if (outcome !== 'applied') return;
  const { workerId, attempt } = claim;
  const which = { buildId, ...(attempt !== undefined && { attempt }), workerId };
  if (ending.state === 'failed') deps.report({ event: 'build_failed', ...which, kind: ending.kind });
  else deps.report({ event: 'build_completed', ...which, resultSha256: ending.result.sha256 });
}

function commandOf(claim: Claim, ending: Ending): Extract<Command, { type: 'complete' | 'fail' }> {
  return ending.state === 'completed'
    ? { type: 'complete', claim, result: ending.result }
    : { type: 'fail', claim, message: ending.message, kind: ending.kind };
}

/** The same worker ending the same attempt the same way again: its first answer got lost. */
function isReplay(current: Build, claim: Claim, ending: Ending): boolean {
  const { tokenHash: _proven, ...holder } = claim;
  if (!isHeldBy(current, holder) || current.state !== ending.state) return false;
  if (ending.state === 'completed') return current.result?.key === ending.result.key;
  return current.failure?.kind === ending.kind;
}
