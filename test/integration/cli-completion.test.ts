import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { temporaryFolder } from '../support/client-folder.ts';

const run = promisify(execFile);

/** What bash offers at the end of a line, by the script as it is. */
async function offered(line: string): Promise<string[]> {
  const cwd = await temporaryFolder();
  const { out } = await runInside(['completion', 'bash'], { cwd, env: {} });
  const words = line.split(' ');
  const ask = `
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
    _buildlatch; printf '%s\\n' "\${COMPREPLY[@]}"`;
  await writeFile(join(cwd, 'ask.sh'), out + ask);
  const { stdout } = await run('bash', ['--norc', join(cwd, 'ask.sh')]);
  return stdout.split('\n').filter((word) => word !== '');
}

it.each<[string, string[]]>([
  ['buildlatch st', ['status', 'stats']],
  ['buildlatch keys ', ['create', 'list', 'revoke']],
  ['buildlatch keys cr', ['create']],
  ['buildlatch keys create --sc', ['--scope']],
  ['buildlatch keys create --scope work', ['work', 'work-any']],
  ['buildlatch submit --platform ', ['ios', 'android']],
  ['buildlatch submit --platform ios --wa', ['--wait']],
  ['buildlatch --json list --li', ['--limit']],
  ['buildlatch submit --cert ', []],
  ['buildlatch completion ', ['bash', 'zsh', 'fish']],
])('bash completes %j', async (line, words) => {
  expect((await offered(line)).filter((word) => !/^--(url|api-key|build-token|json|help)$/.test(word))).toEqual(words);
});
