import type { LogStore } from '../../lib/app/ports.ts';
import { BY_SUBMITTER } from '../../lib/domain/build-event.ts';
import { decide } from '../../lib/domain/transitions.ts';
import type { MemoryTable } from './memory-table.ts';

/** Lines in memory: a place is taken under the holder's condition, then the lines are stored. Two steps, as in the table. */
export function memoryLogs(table: MemoryTable, between: () => Promise<void>): LogStore {
  return {
    append: async (buildId, claim, lines, now, { maskFor = () => (message: string) => message, mark } = {}) => {
      const before = table.build(buildId);
      const decision = before && decide(before, { type: 'heartbeat', claim, leaseMs: 0 }, now);
      if (!before || !decision?.ok) return { ok: false, current: before };
      const { state, buildingSince } = decision.next;
      const build = { ...before, state, ...(buildingSince !== undefined && { buildingSince }) };
      table.replace({ command: 'log', before, after: build, claim });
      const log = table.logOf(buildId);
      const isRepeated = mark !== undefined && log.marked !== undefined && log.marked.mark >= mark;
      if (isRepeated && log.marked?.mark !== mark) return { ok: true, build };
      const place = isRepeated && log.marked ? log.marked.place : ++log.placed;
      if (mark !== undefined) log.marked = { mark, place };
      await between();
      const masked = lines.map((line) => ({ ...line, message: maskFor(build)(line.message) }));
      log.batches = [...log.batches.filter((batch) => batch.place !== place), { place, lines: masked }];
      return { ok: true, build };
    },
    note: async (buildId, line) => {
      if (!table.records.has(buildId)) throw new Error(`there is no build ${buildId} to add a line to`);
      const log = table.logOf(buildId);
      const place = ++log.placed;
      await between();
      log.batches.push({ place, lines: [line] });
    },
    noteRetry: async ({ id, attempt }, retryId, line) => {
      const why = `as ${retryId}`;
      const isTold = () => table.eventsOf(id).some((event) => event.type === 'retried' && event.why === why);
      if (isTold()) return false;
      const log = table.logOf(id);
      const place = ++log.placed;
      await between();
      if (isTold()) return false;
      table.addEvent(id, { type: 'retried', at: line.timestamp, attempt, by: BY_SUBMITTER, why });
      log.batches.push({ place, lines: [line] });
      return true;
    },
    read: async (buildId, after) => {
      const batches = table.logOf(buildId).batches.filter(({ place }) => place > after);
      const ordered = batches.sort((a, b) => a.place - b.place);
      const next = ordered.at(-1)?.place ?? after;
      return { lines: ordered.flatMap(({ lines }) => [...lines]), next, hasMore: false };
    },
  };
}
