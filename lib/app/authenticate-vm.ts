import type { Build } from '../domain/build.ts';
import { judgeOtp } from '../domain/one-time-password.ts';
import { Rejection } from '../domain/rejection.ts';
import { beatTokenOf } from './beat-token.ts';
import type { BuildStore, Clock, Derive, Report, Secrets } from './ports.ts';

interface Deps {
  readonly builds: BuildStore;
  readonly secrets: Secrets;
  readonly derive: Derive;
  readonly clock: Clock;
  readonly report: Report;
}

export interface AdmittedVm {
  readonly token: string;
  /** When the attempt ends at the latest, and the token with it. */
  readonly expiresAt: number;
}

/** 3 tries: another machine with the same password, and a wrong try, can each come between our read and our write. */
const MAX_TRIES = 3;

/**
 * Exchanges the one-time password of the present grant for the token of its virtual machine. The token is made from the
 * password by a secret of the controller, so that an exchange whose answer got lost has the same answer though only
 * hashes are stored, and so that a used password alone makes none. Once that secret has changed, tokens that are out stay
 * good (their hash is compared), and only a repetition across the change finds another hash and is refused.
 */
export async function authenticateVm(
  deps: Deps,
  buildId: string,
  otp: string,
  maxBuildMs: number,
): Promise<AdmittedVm> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const seen = await deps.builds.get(buildId);
    if (!seen) throw new Rejection('build_not_found', 'Build not found');
    const now = deps.clock();
    const verdict = judgeOtp(seen, seen.otp !== undefined && deps.secrets.matches(otp, seen.otp.hash), now);
    if (!verdict.ok) {
      if (verdict.counts) await countWrong(deps, seen);
      throw new Rejection('otp_refused', verdict.why);
    }
    const token = deps.derive(`vm ${buildId} ${seen.attempt} ${otp}`);
    const tokenHash = deps.secrets.hash(token);
    const admitted = { token, expiresAt: (seen.startedAt ?? now) + maxBuildMs };
    if (verdict.isRepeated) {
      if (seen.vm?.tokenHash === tokenHash) return admitted;
      throw new Rejection('otp_refused', 'Invalid OTP');
    }
    const beatTokenHash = deps.secrets.hash(beatTokenOf(deps.secrets, tokenHash));
    const outcome = await deps.builds.admitVm(seen, { tokenHash, beatTokenHash }, now);
    if (!outcome.ok) continue;
    deps.report({ event: 'vm_admitted', buildId, attempt: seen.attempt });
    return admitted;
  }
  throw new Rejection('contended', `Build ${buildId} is being changed by others; try again`);
}

async function countWrong(deps: Deps, seen: Build): Promise<void> {
  await deps.builds.countWrongOtp(seen);
  deps.report({ event: 'otp_wrong', buildId: seen.id, attempt: seen.attempt });
}
