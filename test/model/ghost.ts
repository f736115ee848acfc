import type { Hint } from '../../lib/app/ports.ts';
import { type Build, isTerminal } from '../../lib/domain/build.ts';
import { hasAll } from '../../lib/domain/labels.ts';
import { ALLOWED_FROM, type Command } from '../../lib/domain/transitions.ts';
import type { Commit, MemoryTable } from './memory-table.ts';
import { MAX_SKEW_MS } from './settings.ts';

const isHeld = ({ state }: Build) => state === 'assigned' || state === 'building';

/**
 * Sees every write at the moment it takes effect, and remembers what no record does. It collects what must never happen
 * instead of throwing: the code under test would take a throw for a fault, and cope.
 */
export function createGhost(table: () => MemoryTable, now: () => number, maxAttempts: number) {
  const broken: string[] = [];
  const grants: { buildId: string; attempt: number; workerId: string; at: number }[] = [];
  const created: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) broken.push(what);
  };

  function onCommit({ command, before, after, claim }: Commit): void {
    const name = `${command} of ${after.id} (${before?.state ?? 'absent'}@${before?.attempt ?? 0} to ${after.state}@${after.attempt})`;
    if (!before) created.push(after.id);
    if (before) lifeOf(name, command, before, after);
    if (before && claim) {
      must(isHeld(before), `I3 accepted for a build that nobody holds: ${name}`);
      const { workerId, attempt = before.attempt } = 'workerId' in claim ? claim : {};
      must(before.holder?.workerId === workerId, `I3 accepted from another than the holder: ${name}`);
      must(attempt === before.attempt, `I3 stale attempt ${attempt} accepted: ${name}`);
    }
    must(after.spentAttempts <= maxAttempts, `I8 ${after.spentAttempts} attempts spent: ${name}`);
    if (command === 'complete') {
      const own = `results/${after.id}/${after.attempt}/`;
      must(after.result?.key.startsWith(own) === true, `I6 result ${after.result?.key} is not of the winner: ${name}`);
    }
    agree(name);
  }

  function lifeOf(name: string, command: string, before: Build, after: Build): void {
    if (command === 'addToken') return;
    must(!isTerminal(before.state), `I3 a final state changed: ${name}`);
    must(
      after.attempt === before.attempt + (command === 'assign' ? 1 : 0),
      `I1 attempts do not rise by grants: ${name}`,
    );
    const allowed = command in ALLOWED_FROM ? ALLOWED_FROM[command as Command['type']] : undefined;
    must((allowed as readonly string[] | undefined)?.includes(before.state) !== false, `I3 not allowed: ${name}`);
    if (command === 'assign') {
      must(!isHeld(before), `I1 a second live grant: ${name}`);
      must(before.spentAttempts < maxAttempts, `I8 granted with no attempts left: ${name}`);
      const { labels = [] } = table().workers.get(after.holder?.workerId ?? '') ?? {};
      must(hasAll(labels, before.labels), `${before.labels} granted to a worker with ${labels}: ${name}`);
      grants.push({ buildId: after.id, attempt: after.attempt, workerId: after.holder?.workerId ?? '', at: now() });
    }
    const earliest = (before.leaseUntil ?? 0) - MAX_SKEW_MS;
    if (command === 'requeue') must(earliest <= now(), `a lease was taken before its end: ${name}`);
  }

  /** I4, always: a worker's record and its build's name each other, or neither does. */
  function agree(after: string): void {
    const { workers, records } = table();
    for (const { id, current } of workers.values()) {
      if (!current) continue;
      const build = records.get(current.buildId)?.build;
      const isMutual = build && isHeld(build) && build.holder?.workerId === id && build.attempt === current.attempt;
      must(isMutual === true, `I4 worker ${id} is said to hold ${current.buildId}@${current.attempt}, after ${after}`);
    }
    for (const { build } of records.values()) {
      const worker = isHeld(build) ? workers.get(build.holder?.workerId ?? '') : undefined;
      const isMutual = !worker || (worker.current?.buildId === build.id && worker.current.attempt === build.attempt);
      must(isMutual, `I4 the holder of ${build.id}@${build.attempt} does not know it, after ${after}`);
    }
  }

  return {
    broken,
    grants,
    created,
    onCommit,
    onSend: ({ buildId }: Hint) => {
      const build = table().records.get(buildId)?.build;
      must(build !== undefined, `sent before there was a record of ${buildId}`);
      must(build?.labels === undefined, `a message of ${buildId}, which not everybody may build`);
    },
    onDelete: ({ buildId, attempt }: Hint) => {
      const build = table().records.get(buildId)?.build;
      const isWaiting = build?.state === 'pending' && build.attempt === attempt;
      must(!isWaiting, `I2 the message of ${buildId}@${attempt} was removed while it waits`);
    },
    unexpected: (operation: string, error: unknown) => broken.push(`I10 ${operation} failed with ${String(error)}`),
  };
}
