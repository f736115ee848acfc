import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './context.ts';
import { Interrupted } from './exit-codes.ts';
import { safeForTerminal } from './terminal-text.ts';

/** Asks on stderr, so that stdout stays data. An answer of nothing is the one in brackets. */
export async function ask(io: Io, question: string, otherwise = ''): Promise<string> {
  const hint = otherwise === '' ? '' : ` [${otherwise}]`;
  const answer = await readAnswer(io, `${question}${hint}: `, (text) => io.stderr.write(text));
  return answer.trim() || otherwise;
}

/** Asks, and shows nothing of what is typed. */
export async function askHidden(io: Io, question: string): Promise<string> {
  // The question comes when the terminal has ceased to echo: who reads it may type at once.
  const begin = () => io.stderr.write(safeForTerminal(`${question}: `, false));
  const answer = await readAnswer(io, '', () => {}, begin).finally(() => io.stderr.write('\n'));
  return answer.trim();
}

async function readAnswer(
  io: Io,
  question: string,
  echo: (text: string) => void,
  begin: () => unknown = () => {},
): Promise<string> {
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      echo(String(chunk));
      done();
    },
  });
  const reader = createInterface({ input: io.stdin, output, terminal: true, historySize: 0 });
  try {
    return await new Promise<string>((resolve, reject) => {
      const leave = () => reject(new Interrupted());
      // In raw mode Ctrl-C is a byte and no signal; Ctrl-D ends the input.
      for (const event of ['SIGINT', 'close']) reader.once(event, leave);
      io.onInterrupt(leave);
      begin();
      reader.question(safeForTerminal(question, false), resolve);
    });
  } finally {
    reader.close();
  }
}

/** Everything that comes, for pipes. */
export async function readAll(input: Io['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of input) text += String(chunk);
  return text;
}
