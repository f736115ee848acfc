import { describe, expect, it } from 'vitest';
import { BUILD_STATES, type OneTimePassword } from '../../lib/domain/build.ts';
import { judgeOtp, MAX_WRONG_TRIES } from '../../lib/domain/one-time-password.ts';
import { aBuild, NOW } from '../support/builders.ts';
import { OTP_MS } from '../support/settings.ts';

const issued: OneTimePassword = { hash: 'hash-of-otp', expiresAt: NOW + OTP_MS, wrongTries: 0 };
const held = (changes: Partial<OneTimePassword> = {}) => aBuild('assigned', { otp: { ...issued, ...changes } });
const refused = (why: string, counts = false) => ({ ok: false, why, counts });

describe('a one-time password', () => {
  it('is exchanged once, and again only as a repetition within a minute', () => {
    expect(judgeOtp(held(), true, NOW)).toEqual({ ok: true, isRepeated: false });
    const used = held({ usedAt: NOW });
    expect(judgeOtp(used, true, NOW + 59_999)).toEqual({ ok: true, isRepeated: true });
    expect(judgeOtp(used, true, NOW + 60_000)).toEqual(refused('OTP expired'));
  });

  it('is good for ten minutes, to the millisecond', () => {
    expect(judgeOtp(held(), true, NOW + OTP_MS - 1).ok).toBe(true);
    expect(judgeOtp(held(), true, NOW + OTP_MS)).toEqual(refused('OTP expired'));
  });

  it('that is wrong counts, as long as there is something to guess', () => {
    expect(judgeOtp(held(), false, NOW)).toEqual(refused('Invalid OTP', true));
    expect(judgeOtp(held({ usedAt: NOW }), false, NOW)).toEqual(refused('Invalid OTP'));
    expect(judgeOtp(held(), false, NOW + OTP_MS)).toEqual(refused('Invalid OTP'));
  });

  it('is accepted after whatever wrong ones, of which no more than five count', () => {
    expect(judgeOtp(held({ wrongTries: MAX_WRONG_TRIES - 1 }), false, NOW)).toEqual(refused('Invalid OTP', true));
    expect(judgeOtp(held({ wrongTries: MAX_WRONG_TRIES }), false, NOW)).toEqual(refused('Invalid OTP'));
    expect(judgeOtp(held({ wrongTries: MAX_WRONG_TRIES }), true, NOW).ok).toBe(true);
  });

  it('is asked for only while the build is held', () => {
    const open = BUILD_STATES.filter((state) => judgeOtp(aBuild(state, { otp: issued }), true, NOW).ok);
    expect(open).toEqual(['assigned', 'building']);
    expect(judgeOtp(aBuild('assigned'), true, NOW)).toEqual(refused('No OTP configured for this build'));
  });
});
