import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

export interface Terminal {
  /** Types keys by their names in tmux, or text. */
  type(...keys: string[]): Promise<void>;
  /** The screen, without the empty lines below, as soon as it has the text. */
  screen(text: string | RegExp): Promise<string>;
}

const PATIENCE_MS = 60_000;
let terminals = 0;

/** A terminal of 100 × 30 in which a shell runs one line, and then says `ended with <code>`. */
export async function openTerminal(line: string, cwd: string, env: Record<string, string>): Promise<Terminal> {
  terminals += 1;
  // A server of its own: what the user has open in tmux is none of ours.
  const socket = `buildlatch-${process.pid}-${terminals}`;
  const tmux = async (...args: string[]) => (await run('tmux', ['-L', socket, '-f', '/dev/null', ...args])).stdout;
  onTestFinished(async () => {
    await tmux('kill-server');
  });
  const variables = Object.entries({ LC_ALL: 'C.UTF-8', ...env }).flatMap(([name, value]) => [
    '-e',
    `${name}=${value}`,
  ]);
  const shell = `${line}; echo "ended with $?"; exec cat`;
  await tmux('new-session', '-d', '-x', '100', '-y', '30', '-c', cwd, ...variables, 'sh', '-c', shell);
  return {
    type: async (...keys) => {
      await tmux('send-keys', ...keys);
    },
    screen: async (text) => {
      const end = Date.now() + PATIENCE_MS;
      for (;;) {
        const screen = (await tmux('capture-pane', '-p')).trimEnd();
        if (typeof text === 'string' ? screen.includes(text) : text.test(screen)) return screen;
        if (Date.now() > end) throw new Error(`the screen has no ${text}:\n${screen}`);
      }
    },
  };
}
