import { spawnSync } from 'node:child_process';

/**
 * Whether a program that only some tests need is there. CI installs them and sets `CI_HAS_PROGRAMS`: then one that is missing
 * is an error, so that no test is left out there unseen.
 */
export function hasProgram(name: string): boolean {
  const isThere = spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
  if (!isThere && process.env['CI_HAS_PROGRAMS']) throw new Error(`${name} is not installed (${packageOf(name)})`);
  if (!isThere) console.warn(`${name} is not installed: what needs it is left out (${packageOf(name)})`);
  return isThere;
}

const packageOf = (name: string) => `Debian: apt-get install ${name === 'systemd-analyze' ? 'systemd' : name}`;
