import { completeFromVm, completeWithUpload, type FinishDeps, workerBehind } from '../app/finish-build.ts';
import type { SentFile } from '../app/keep-file.ts';
import { Rejection } from '../domain/rejection.ts';
import type { VmClaim } from '../domain/transitions.ts';

/** The end of a build as its virtual machine brings it. Strict: a machine that is no longer wanted is told so. */
export async function finishFromVm(
  deps: FinishDeps,
  input: { readonly id: string; readonly upload_id?: string | undefined },
  vm: VmClaim,
  file?: SentFile,
): Promise<void> {
  if (input.upload_id !== undefined) {
    const { claim } = await workerBehind(deps, input.id, vm);
    return completeWithUpload(deps, input.id, claim, input.upload_id);
  }
  if (!file) throw new Rejection('invalid_request', 'No artifact file provided');
  await completeFromVm(deps, input.id, vm, file);
}
