import type { Applied, BuildStore } from '../../app/ports.ts';
import type { Build } from '../../domain/build.ts';
import { MAX_WRONG_TRIES } from '../../domain/one-time-password.ts';
import { allowedFrom, heldBy, stillAt } from './build-changes.ts';
import { fromBuildItem } from './build-item.ts';
import { type Condition, is, isAbsent, isBelow } from './expression.ts';
import { buildKey } from './keys.ts';
import type { Table } from './table.ts';
import { type Updated, update } from './write.ts';

type VmWrites = Pick<BuildStore, 'reissueOtp' | 'countWrongOtp' | 'admitVm' | 'vmReady'>;

/** How a virtual machine comes in: the password of the grant, what it is exchanged for, and the word that it is ready. */
export function vmWrites(table: Table): VmWrites {
  return {
    reissueOtp: async (build, { hash, expiresAt }) => {
      const { ok } = await update(table, {
        key: buildKey(build.id),
        set: { otpHash: hash, otpExpiresAt: expiresAt, otpWrongTries: 0 },
        remove: ['otpUsedAt'],
        when: [is('state', 'assigned'), is('attempt', build.attempt)],
      });
      return ok;
    },
    countWrongOtp: async (seen) => {
      const when = [...isOpen(seen), isBelow('otpWrongTries', MAX_WRONG_TRIES)];
      await update(table, { key: buildKey(seen.id), add: { otpWrongTries: 1 }, when });
    },
    admitVm: async (seen, { tokenHash, beatTokenHash }, now) =>
      appliedOf(
        await update(table, {
          key: buildKey(seen.id),
          set: { vmTokenHash: tokenHash, beatTokenHash, otpUsedAt: now },
          // Of the machine before it, should the assignment have been handed out again.
          remove: ['vmReadyAt'],
          when: isOpen(seen),
        }),
      ),
    vmReady: async (buildId, claim, now) => {
      const outcome = await update(
        table,
        {
          key: buildKey(buildId),
          set: { state: 'building' },
          setOnce: { buildingSince: now, vmReadyAt: now },
          when: [allowedFrom('heartbeat'), ...heldBy(claim)],
        },
        'ALL_NEW',
      );
      const applied = appliedOf(outcome);
      return applied.ok && outcome.item ? { ok: true, build: fromBuildItem(outcome.item) } : applied;
    },
  };
}

/** The password that was read is still the one to exchange, in the attempt it is of. */
function isOpen(seen: Build): Condition[] {
  return [...stillAt('heartbeat', seen), is('otpHash', seen.otp?.hash), isAbsent('otpUsedAt')];
}

function appliedOf(outcome: Updated): Applied {
  return outcome.ok ? { ok: true } : { ok: false, current: outcome.item && fromBuildItem(outcome.item) };
}
