import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { hasProgram } from '../support/has-program.ts';

const run = promisify(execFile);
const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');

/** How each shell is asked what it would offer at the end of a line. */
const ASK = {
  bash: (words: readonly string[]) => `
    COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}
    _buildlatch; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Its completion runs in the line editor only: what it would be given there stands for it here.
  zsh: (words: readonly string[]) => `
    _files() { }
    compadd() { shift; print -l -- "$@" }
    _describe() { print -l -- "\${(@)\${(@P)2}%%:*}" }
    words=(${quoted(words)}); CURRENT=${words.length}
    _buildlatch`,
  fish: (words: readonly string[]) => `
    for line in (complete -C '${words.join(' ')}'); string split -f1 \\t -- $line; end; true`,
};
type Shell = keyof typeof ASK;
const OPTIONS: Readonly<Record<Shell, readonly string[]>> = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] };

async function offered(shell: Shell, line: string): Promise<string[]> {
  const cwd = await temporaryFolder();
  const { out } = await runInside(['completion', shell], { cwd, env: {} });
  const words = line.split(' ');
  const before = shell === 'zsh' ? 'compdef() { }\n' : '';
  await writeFile(join(cwd, 'ask'), `${before}${out}${ASK[shell](words)}\n`);
  const env = { PATH: process.env['PATH'], HOME: cwd };
  const { stdout } = await run(shell, [...OPTIONS[shell], join(cwd, 'ask')], { cwd, env });
  const found = stdout.split('\n').filter((word) => word.startsWith(words.at(-1) ?? ''));
  return found.filter((word) => word !== '' && !/^(ask|--(url|api-key|build-token|json|help))$/.test(word)).sort();
}

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  it.skipIf(!hasProgram(shell)).each<[string, string[]]>([
    ['buildlatch st', ['stats', 'status']],
    ['buildlatch keys cr', ['create']],
    ['buildlatch keys create --sc', ['--scope']],
    ['buildlatch keys create --scope work', ['work', 'work-any']],
    ['buildlatch submit --platform ', ['android', 'ios']],
    ['buildlatch submit --platform ios --wa', ['--wait']],
    ['buildlatch --json list --li', ['--limit']],
    ['buildlatch submit --cert ', []],
    ['buildlatch completion ', ['bash', 'fish', 'zsh']],
  ])('completes %j', async (line, words) => {
    expect(await offered(shell, line)).toEqual(words);
  });
});
