import { spawnSync } from 'node:child_process';

/** Something this machine lacks; the message says what to install, and nothing else needs to be read. */
export class Missing extends Error {
  override name = 'Missing';
}

/** `wanted` is what the program's own version must say. */
export function requireProgram(command: readonly [string, ...string[]], wanted: RegExp, advice: string): void {
  const [name, ...args] = command;
  const { stdout, stderr, error } = spawnSync(name, args, { encoding: 'utf8' });
  if (error) throw new Missing(`${name} is not installed. ${advice}`);
  const said = `${stdout}${stderr}`.trim();
  if (!wanted.test(said)) throw new Missing(`${name} is of another version (${said.split('\n')[0]}). ${advice}`);
}
