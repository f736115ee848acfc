import type { BuildRecord, Entry, Evidence, Violation } from './history.ts';
import { isOk, type OkEntry, type View, violation } from './view.ts';

/**
 * I2, of the bytes: a build that is there has its source, whatever its client was told, and that is what was sent. Within a
 * run nothing removes one: it would have to be as old as a stage keeps sources.
 */
export function sourcesKept({ builds, entries, evidence }: View): Violation[] {
  const sent = new Set(entries.filter(({ op }) => op === 'submit').map(({ sha256 }) => sha256));
  return [...builds.values()].flatMap(({ id, record, entries: own }) => {
    if (!record) return [];
    const why = wrongSource(record, evidence, sent);
    const others = own.filter(isOk).flatMap((entry) => {
      const whose = ofAnother(entry, record);
      return whose ? [violation('I2', `${id}: ${whose} another source`, entry, record)] : [];
    });
    return why ? [violation('I2', `${id}: ${why}`, record), ...others] : others;
  });
}

function wrongSource(
  { sourceKey = '', sourceSha256 }: BuildRecord,
  { sources }: Evidence,
  sent: ReadonlySet<Entry['sha256']>,
) {
  const stored = sources[sourceKey];
  if (stored === undefined) return 'its source is not stored';
  if (stored !== sourceSha256) return 'what is stored is not its source';
  return sent.has(stored) ? undefined : 'nobody submitted its source';
}

/** What a build was submitted with and what its holder was given are the one source. */
function ofAnother({ op, sha256, outcome }: OkEntry, { sourceSha256 }: BuildRecord): string | undefined {
  if (op === 'submit' && sha256 !== sourceSha256) return 'its submitter sent';
  if (op === 'source' && outcome.facts['sha256'] !== sourceSha256) return 'its holder was given';
  return undefined;
}
