import { readFile, writeFile } from 'node:fs/promises';
import { createProgram } from '../../lib/client/cli/program.ts';
import { cliReference } from './cli-reference.ts';

const FILE = new URL('../../docs/cli.md', import.meta.url);
const NOTHING = { env: {}, project: undefined, user: undefined, warn: () => {} };
const SILENCE = { write: () => {} };

/** The command tree, of which nothing is run. */
export const describedProgram = () =>
  createProgram({ sources: NOTHING, run: async () => {} }, { stdout: SILENCE, stderr: SILENCE });

/** The document as it must be checked in. */
export const generated = (): string => cliReference(describedProgram());

export const checkedIn = () => readFile(FILE, 'utf8');

if (import.meta.main) {
  const text = generated();
  await writeFile(FILE, text);
  console.log(`docs/cli.md: ${text.match(/^## buildlatch /gm)?.length ?? 0} commands`);
}
