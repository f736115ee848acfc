import type { Applied } from '../../app/ports.ts';
import { Rejection } from '../../domain/rejection.ts';
import { fromBuildItem } from './build-item.ts';
import type { Change, Put, Removal } from './expression.ts';
import type { Table } from './table.ts';
import { type Transacted, transact } from './write.ts';

interface Parts {
  readonly build: Change;
  readonly worker: Change | Removal | undefined;
  readonly event: Put;
}

/**
 * Changes a build, its worker and its history together. A worker that no longer holds the build (its record expired, or
 * it holds another by now) has nothing to be freed of: then the build changes without it, under the same conditions.
 * The build is the truth; the worker's part follows.
 */
export async function changeBuild(table: Table, token: string, { build, worker, event }: Parts): Promise<Applied> {
  if (!worker) return appliedOf(await transact(table, token, [build, event]));
  const all = await transact(table, token, [build, worker, event]);
  if (!all.ok && !all.refusals[0] && all.refusals[1]?.kind === 'condition') {
    return appliedOf(await transact(table, `${token}-alone`, [build, event]));
  }
  return appliedOf(all);
}

/** A conflict that outlasted its repetitions says nothing about the build: the caller must hear of it as a failure. */
function appliedOf(outcome: Transacted): Applied {
  if (outcome.ok) return { ok: true };
  const [refusal] = outcome.refusals;
  if (refusal?.kind !== 'condition') {
    throw new Rejection('contended', 'The build is being changed by others; try again');
  }
  return { ok: false, current: refusal.item && fromBuildItem(refusal.item) };
}
