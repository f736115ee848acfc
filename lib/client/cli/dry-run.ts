import { amount } from '../amount.ts';
import type { SourceArchive } from '../pack/source-archive.ts';
import type { CommandContext } from './context.ts';

/** More than that nobody reads; --json has them all. */
const SHOWN_FILES = 100;

/** Tells what would be uploaded: the largest first for people, all in the archive's order as JSON. */
export function showDryRun({ screen, isJson }: CommandContext, { files, digest, warnings }: SourceArchive): void {
  if (isJson) {
    const listed = files?.map(({ name, size, mode }) => ({ name, size, mode: mode.toString(8) }));
    screen.json({ ...digest, files: listed ?? null, warnings });
    return;
  }
  for (const warning of warnings) screen.note(`Warning: ${warning}`);
  const bySize = [...(files ?? [])].sort((a, b) => b.size - a.size);
  for (const { name, size } of bySize.slice(0, SHOWN_FILES)) screen.note(`${amount(size).padStart(10)}  ${name}`);
  const hidden = bySize.slice(SHOWN_FILES).reduce((sum, { size }) => sum + size, 0);
  if (bySize.length > SHOWN_FILES)
    screen.note(`${amount(hidden).padStart(10)}  in ${bySize.length - SHOWN_FILES} smaller files (--json has them)`);
  const before = bySize.reduce((sum, { size }) => sum + size, 0);
  const count = `${bySize.length} ${bySize.length === 1 ? 'file' : 'files'}, ${amount(before)}`;
  screen.note(`${files ? `${count}, packed ` : ''}${amount(digest.size)}; nothing was uploaded. SHA-256:`);
  screen.data(digest.sha256);
}
