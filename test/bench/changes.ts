import { changesSection } from './design/changes.ts';
import { BUNDLE_CHANGES, measureBundleChanges } from './design/old-bundles.ts';
import { findResults } from './design/rows.ts';
import { readFlags } from './report/numbers.ts';
import { update } from './report/update.ts';

const HELP = `Shows what was changed for speed and cost, before and after: sizes of bundles at the revisions before and after each change, and
what the records of the other benches say of the rest.

Usage: npm run bench:changes [-- flags]
  --update   writes test/bench/changes.json and the section of docs/performance.md; git must have all revisions
  --json     the sizes instead of the table
  --help
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, {}, ['update', 'json'], HELP);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const bundles = await measureBundleChanges((change) => console.error(`bundles: ${change}`));
  const missing = BUNDLE_CHANGES.filter(({ rev }) => !bundles.some((each) => each.rev === rev)).map(({ rev }) => rev);
  if (missing.length > 0) {
    console.error(`changes: git has no ${missing.join(', ')}, or not what was before: is this a shallow clone?`);
    if (flags.update) return 1;
    console.error('changes: they are left out');
  }
  const record = { bundles };
  const section = changesSection({ ...findResults(), changes: record });
  if (flags.update) update('changes', record, section);
  console.log(flags.json ? JSON.stringify(record, undefined, 2) : section);
  return 0;
}
