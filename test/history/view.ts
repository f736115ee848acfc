import type { BuildRecord, Entry, EventRecord, Evidence, History, Outcome, Violation } from './history.ts';

export type OkEntry = Entry & { readonly outcome: Extract<Outcome, { kind: 'ok' }> };
export type KnownEvent = EventRecord & { readonly attempt: number };

/** All that is known of one build. */
export interface BuildView {
  readonly id: string;
  readonly record: BuildRecord | undefined;
  readonly events: readonly KnownEvent[];
  readonly entries: readonly Entry[];
  /** Polls that were answered with this build. */
  readonly grants: readonly (OkEntry & { readonly attempt: number })[];
}

/** A history, sorted by build. */
export interface View {
  readonly builds: ReadonlyMap<string, BuildView>;
  readonly entries: readonly Entry[];
  readonly evidence: Evidence;
}

export const violation = (invariant: Violation['invariant'], what: string, ...shown: unknown[]): Violation => ({
  invariant,
  what,
  shown: shown.filter((each) => each !== undefined),
});

export const isOk = (entry: Entry): entry is OkEntry => entry.outcome.kind === 'ok';

export const byWorker = (worker: string | undefined) => `worker ${worker}`;

/** What answers a new build. */
export const makesBuild = ({ op }: Entry) => op === 'submit' || op === 'retry';

export const isPoll = ({ op }: Entry) => op === 'poll';

/** Whether it may have been this request that did what was done then. */
export const isDuring = ({ invokedAt, answeredAt }: Entry, at: number) =>
  Math.floor(invokedAt) <= at && at <= answeredAt;

export const eventOf = ({ events }: BuildView, type: string, attempt: number) =>
  events.find((event) => event.type === type && event.attempt === attempt);

export function viewOf({ entries, evidence }: History): View {
  const records = new Map(evidence.builds.map((record) => [record.id, record]));
  const events = Map.groupBy(evidence.events, ({ build }) => build);
  const byBuild = Map.groupBy(entries, buildOf);
  const ids = new Set([...records.keys(), ...events.keys(), ...byBuild.keys()]);
  const builds = new Map<string, BuildView>();
  for (const id of ids) {
    if (id === undefined) continue;
    const record = records.get(id);
    const own = byBuild.get(id) ?? [];
    const grants = own.filter(isOk).flatMap((entry) => {
      const attempt = Number(entry.outcome.facts['attempt']);
      return entry.op === 'poll' ? [{ ...entry, attempt }] : [];
    });
    builds.set(id, { id, record, events: knownEvents(events.get(id) ?? [], record), entries: own, grants });
  }
  return { builds, entries, evidence };
}

/** A poll and a submit learn from the answer which build it is. */
function buildOf(entry: Entry): string | undefined {
  if (entry.build !== undefined) return entry.build;
  const build = isOk(entry) ? entry.outcome.facts['build'] : undefined;
  return typeof build === 'string' ? build : undefined;
}

function knownEvents(events: readonly EventRecord[], record: BuildRecord | undefined): KnownEvent[] {
  return events.map((event) => ({ ...event, attempt: event.attempt ?? record?.attempt ?? 0 }));
}
