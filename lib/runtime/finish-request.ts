import type * as z from 'zod/mini';
import { completeWithBytes, completeWithUpload, type FinishDeps, failBuild } from '../app/finish-build.ts';
import { heldBuild } from '../app/held-build.ts';
import type { SentFile } from '../app/keep-file.ts';
import { Rejection, type RejectionCode } from '../domain/rejection.ts';
import type { Claim } from '../domain/transitions.ts';
import type { Finish } from './inputs/holder.ts';

type FinishInput = z.output<typeof Finish>;

/** Strict: a worker that has lost its lease is told so. */
export async function finishFromJson(deps: FinishDeps, input: FinishInput, claim: Claim) {
  if (!isSuccess(input)) {
    await failBuild(deps, input.build_id, claim, input.error_message, input.failure_kind);
    return answer('failed');
  }
  if (input.upload_id === undefined) throw new Rejection('invalid_request', 'Missing result file: upload_id required');
  await completeWithUpload(deps, input.build_id, claim, input.upload_id);
  return answer('success');
}

/**
 * Lenient: the old workers take every answer but 200 for a failed upload and report a failure next. So a late report
 * is answered 200 and changes nothing. Success without a file is how a worker ends whose virtual machine has already
 * delivered the result; if nothing was delivered, the build has failed.
 */
export async function finishFromForm(deps: FinishDeps, input: FinishInput, claim: Claim, file?: SentFile) {
  try {
    if (!isSuccess(input)) {
      await failBuild(deps, input.build_id, claim, input.error_message, input.failure_kind);
      return answer('failed');
    }
    if (!file) {
      await failBuild(deps, input.build_id, claim, 'The worker reported success without a result file');
      return answer('failed');
    }
    const build = await heldBuild(deps, input.build_id, claim);
    await completeWithBytes(deps, build, claim, file);
    return answer('success');
  } catch (error) {
    if (!(error instanceof Rejection) || !LATE.has(error.code)) throw error;
    deps.report({
      event: 'finish_ignored',
      buildId: input.build_id,
      workerId: claim.workerId,
      reason: error.code,
    });
    return { ...answer(isSuccess(input) ? 'success' : 'failed'), message: `Nothing changed: ${error.message}` };
  }
}

const LATE = new Set<RejectionCode>(['lease_lost', 'build_cancelled', 'build_finished']);

const isSuccess = ({ success }: FinishInput) => success === true || success === 'true';

/** Both old controllers' answers in one. */
function answer(status: 'success' | 'failed') {
  return { status, success: true, message: status === 'success' ? 'Build completed' : 'Build marked as failed' };
}
