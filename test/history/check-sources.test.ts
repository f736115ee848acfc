import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import {
  SHA,
  OTHER_SHA,
  ok,
  refused,
  entry,
  held,
  RECORD,
  ENTRIES,
  EVIDENCE,
  also,
  truly,
  recorded,
} from './clean-history.ts';
import type { BuildRecord, Evidence, History } from './history.ts';

/** A second build that was never acknowledged: its submit was refused, and it is there. */
const UNTOLD: BuildRecord = { ...RECORD, id: 'b2', state: 'cancelled', workerId: undefined, sourceKey: 'sources/s2' };
const untold = (record: Partial<BuildRecord>, sources: Evidence['sources']): History => ({
  entries: [
    ...ENTRIES,
    entry('submit', 120, { key: 'k2', sha256: OTHER_SHA, outcome: refused('upload_missing', 400) }),
  ],
  evidence: {
    ...EVIDENCE,
    builds: [RECORD, { ...UNTOLD, sourceSha256: OTHER_SHA, ...record }],
    sources: { ...EVIDENCE.sources, ...sources },
    hadFaults: true,
  },
});

/** Of sources and of those who send them: each alone, so that each branch is seen by itself. */
const SOURCES: Record<string, readonly [what: string, history: History]> = {
  'an acknowledged build without its source': ['b1: its source is not stored', truly({ sources: {} })],
  'a build whose record names no source': ['b1: its source is not stored', recorded({ sourceKey: undefined })],
  'a build that nobody was told of, without its source': ['b2: its source is not stored', untold({}, {})],
  'a source of other bytes than its record says': [
    'b1: what is stored is not its source',
    truly({ sources: { 'sources/s1': OTHER_SHA } }),
  ],
  'a build that nobody was told of, of bytes that nobody sent': [
    'b2: nobody submitted its source',
    untold({ sourceSha256: SHA }, { 'sources/s2': SHA }),
  ],
  "a build of another submit's bytes": [
    'b1: its submitter sent another source',
    {
      entries: ENTRIES.flatMap((each) => {
        if (each.op !== 'submit') return each;
        return [
          { ...each, sha256: OTHER_SHA },
          { ...each, key: 'k2', outcome: refused('upload_missing', 400) },
        ];
      }),
      evidence: { ...EVIDENCE, hadFaults: true },
    },
  ],
  'a source of other bytes, given to the holder': [
    'b1: its holder was given another source',
    also(held('source', 95, 'w2', 2, { outcome: ok({ sha256: OTHER_SHA }) })),
  ],
  'an announcement that was refused': [
    'announce: it was refused with invalid_request',
    also(entry('announce', 120, { outcome: refused('invalid_request', 400) })),
  ],
  'a submit that was refused for another reason than a fault gives': [
    'submit: it was refused with repeated_differently',
    {
      ...also(entry('submit', 120, { outcome: refused('repeated_differently') })),
      evidence: { ...EVIDENCE, hadFaults: true },
    },
  ],
};

describe('what the checker says of sources', () => {
  it('allows a build that was never acknowledged, with what was sent of it, and a submit that missed by a fault', () => {
    expect(check(untold({}, { 'sources/s2': OTHER_SHA }))).toEqual([]);
  });

  for (const [what, [named, history]] of Object.entries(SOURCES)) {
    it(`reports ${what}, and nothing else: ${named}`, () => {
      expect(check(history).map((each) => each.what)).toEqual([named]);
    });
  }
});
