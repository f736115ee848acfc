import type { BuildStore } from '../../lib/app/ports.ts';
import type { Build } from '../../lib/domain/build.ts';
import { MAX_WRONG_TRIES } from '../../lib/domain/one-time-password.ts';
import { ALLOWED_FROM, decide } from '../../lib/domain/transitions.ts';
import type { MemoryTable } from './memory-table.ts';

/** How a virtual machine comes in, in memory, under the conditions of the real table. */
export function memoryVm(table: MemoryTable): Pick<BuildStore, 'reissueOtp' | 'countWrongOtp' | 'admitVm' | 'vmReady'> {
  return {
    reissueOtp: async ({ id, attempt }, { hash, expiresAt }) => {
      const before = table.build(id);
      if (before?.state !== 'assigned' || before.attempt !== attempt) return false;
      table.replace({ command: 'reissueOtp', before, after: { ...before, otp: { hash, expiresAt, wrongTries: 0 } } });
      return true;
    },
    countWrongOtp: async (seen) => {
      const before = table.build(seen.id);
      if (!isOpen(before, seen) || before.otp.wrongTries >= MAX_WRONG_TRIES) return;
      const otp = { ...before.otp, wrongTries: before.otp.wrongTries + 1 };
      table.replace({ command: 'countWrongOtp', before, after: { ...before, otp } });
    },
    admitVm: async (seen, { tokenHash, beatTokenHash }, now) => {
      const before = table.build(seen.id);
      if (!isOpen(before, seen)) return { ok: false, current: before };
      const after = { ...before, otp: { ...before.otp, usedAt: now }, vm: { tokenHash, beatTokenHash } };
      table.replace({ command: 'admitVm', before, after });
      return { ok: true };
    },
    vmReady: async (buildId, claim, now) => {
      const before = table.build(buildId);
      const decision = before && decide(before, { type: 'heartbeat', claim, leaseMs: 0 }, now);
      if (!before || !decision?.ok) return { ok: false, current: before };
      const { vm } = before;
      const ready = vm && { vm: { ...vm, readyAt: vm.readyAt ?? now } };
      const after: Build = { ...before, state: 'building', buildingSince: before.buildingSince ?? now, ...ready };
      table.replace({ command: 'vmReady', before, after, claim });
      return { ok: true, build: after };
    },
  };
}

type WithOtp = Build & Required<Pick<Build, 'otp'>>;

function isOpen(build: Build | undefined, seen: Build): build is WithOtp {
  if (!build?.otp || build.attempt !== seen.attempt) return false;
  const isHeld = (ALLOWED_FROM.heartbeat as readonly string[]).includes(build.state);
  const { hash, usedAt } = build.otp;
  return isHeld && hash === seen.otp?.hash && usedAt === undefined;
}
