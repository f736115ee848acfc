import type { Build, BuildState, OneTimePassword } from './build.ts';
import { ALLOWED_FROM } from './transitions.ts';

/** An exchange whose answer got lost may be repeated for so long, and has the same answer. */
const REPLAY_MS = 60_000;

/**
 * Wrong passwords that are counted per grant. Nobody guesses 256 bits, and the ids of builds are no secrets: were the right
 * one refused after five wrong ones, any stranger could end any build. The limit keeps strangers from writing for nothing.
 */
export const MAX_WRONG_TRIES = 5;

export type OtpVerdict =
  | { readonly ok: true; readonly isRepeated: boolean }
  /** `counts`: the try is one of the few that are noted. */
  | { readonly ok: false; readonly why: string; readonly counts: boolean };

/**
 * Whether a password may be exchanged for the token of a virtual machine. The words are the old controller's.
 * @param isRight whether the password is the one that was issued last.
 */
export function judgeOtp(build: Build, isRight: boolean, now: number): OtpVerdict {
  const { otp } = build;
  const isHeld = (ALLOWED_FROM.heartbeat as readonly BuildState[]).includes(build.state);
  if (!otp || !isHeld) return refuse('No OTP configured for this build');
  if (!isRight) return { ...refuse('Invalid OTP'), counts: isOpen(otp, now) && otp.wrongTries < MAX_WRONG_TRIES };
  if (otp.usedAt === undefined) return isOpen(otp, now) ? { ok: true, isRepeated: false } : refuse('OTP expired');
  return now - otp.usedAt < REPLAY_MS ? { ok: true, isRepeated: true } : refuse('OTP expired');
}

/** Once it is used or expired there is nothing left to guess. */
function isOpen({ usedAt, expiresAt }: OneTimePassword, now: number): boolean {
  return usedAt === undefined && now < expiresAt;
}

function refuse(why: string) {
  return { ok: false, why, counts: false } as const;
}
