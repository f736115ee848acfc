import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFolder } from '../../../infra/bundle-folder.ts';
import { bundleRevision, knownRevisions } from '../handlers/revision.ts';

/** What was done for small bundles, oldest first; each is compared with the revision before it. */
export const BUNDLE_CHANGES = [
  { rev: '3819044', change: 'bundles leave out modules that nothing in them uses' },
  { rev: 'f3122ec', change: 'bundles read multipart forms and no others' },
  { rev: '2e066ba', change: "a map where DynamoDB's client would bring a library" },
] as const;

/** The function that is asked the most, and the largest. */
const FILES = ['api/poll', 'api/submit-build'] as const;

type Bytes = Readonly<Record<(typeof FILES)[number], number>>;

export interface BundleChange {
  readonly rev: string;
  readonly change: string;
  readonly before: Bytes;
  readonly after: Bytes;
}

/** Of those changes that git has with the revision before them: a shallow clone lacks them. */
export async function measureBundleChanges(onChange: (change: string) => void): Promise<BundleChange[]> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-changes-'));
  try {
    const known: BundleChange[] = [];
    for (const { rev, change } of BUNDLE_CHANGES) {
      const revisions = [`${rev}~1`, rev];
      const both = await knownRevisions(revisions.map((each) => ({ rev: each, name: each })));
      if (both.length < revisions.length) continue;
      onChange(change);
      const [before, after] = [await sizesAt(`${rev}~1`, folder), await sizesAt(rev, folder)];
      known.push({ rev, change, before, after });
    }
    return known;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sizesAt(rev: string, folder: string): Promise<Bytes> {
  const { dist } = await bundleRevision({ rev, name: rev }, folder);
  const sizes = await Promise.all(
    FILES.map(async (file) => [file, (await stat(join(bundleFolder(file, dist), 'index.mjs'))).size] as const),
  );
  return Object.fromEntries(sizes) as Bytes;
}
