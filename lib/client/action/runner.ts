import { appendFileSync } from 'node:fs';
import { safeForTerminal } from '../cli/terminal-text.ts';
import type { Clock } from '../clock.ts';

/** What GitHub's runner gives a step. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly write: (text: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  /** What nobody can guess. */
  readonly newId: () => string;
  readonly onInterrupt: (listener: () => void) => void;
}

type Properties = Readonly<Record<string, string | number | undefined>>;

/** What a step says to its runner: commands on stdout, and files. */
export interface Runner {
  say(text: string): void;
  mask(secret: string): void;
  error(message: string, properties?: Properties): void;
  warning(message: string): void;
  group(name: string): void;
  endGroup(): void;
  /** From here to `endLog` the runner obeys nothing of what is written. */
  beginLog(name: string): void;
  logLine(text: string): void;
  endLog(): void;
  output(name: string, value: string | number): void;
  /** For the step's own end, which is another process. Anybody on the runner can read it. */
  state(name: string, value: string): void;
  saved(name: string): string | undefined;
  summary(markdown: string): void;
}

export function createRunner({ env, write, newId }: Surroundings): Runner {
  let logEnd: string | undefined;
  const line = (text: string) => write(`${text}\n`);
  const command = (name: string, message: string, properties: Properties = {}) => {
    const given = Object.entries(properties).filter(([, value]) => value !== undefined);
    const list = given.map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(',');
    line(`::${name}${list === '' ? '' : ` ${list}`}::${escapeData(message)}`);
  };
  const record = (file: string | undefined, name: string, value: string) => {
    if (!file) return;
    // A value that holds the delimiter could go on as another output.
    let delimiter = `ghadelimiter_${newId()}`;
    while (value.includes(delimiter)) delimiter = `ghadelimiter_${newId()}`;
    appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  };
  return {
    say: (text) => {
      for (const part of text.split('\n')) line(plainLine(part));
    },
    mask: (secret) => {
      // The runner hides lines: a secret of several is hidden line by line.
      for (const part of secret.split(/\r?\n/)) if (part.trim() !== '') command('add-mask', part);
    },
    error: (message, properties) => command('error', message, properties),
    warning: (message) => command('warning', message),
    group: (name) => command('group', name),
    endGroup: () => command('endgroup', ''),
    beginLog: (name) => {
      logEnd = newId();
      command('group', name);
      command('stop-commands', logEnd);
    },
    logLine: (text) => line(obeyedNowhere(text)),
    endLog: () => {
      if (logEnd === undefined) return;
      command(logEnd, '');
      command('endgroup', '');
      logEnd = undefined;
    },
    output: (name, value) => record(env['GITHUB_OUTPUT'], name, String(value)),
    state: (name, value) => record(env['GITHUB_STATE'], name, value),
    saved: (name) => env[`STATE_${name}`] || undefined,
    summary: (markdown) => {
      if (env['GITHUB_STEP_SUMMARY']) appendFileSync(env['GITHUB_STEP_SUMMARY'], markdown);
    },
  };
}

const escapeData = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string) => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** The runner has an older form of commands, too, which it looks for anywhere in a line, and so does the page that shows it. */
const obeyedNowhere = (text: string) => safeForTerminal(text, true).replaceAll('##[', '## [');

/** Ours, but with names and reasons from elsewhere in it. */
const plainLine = (text: string) => obeyedNowhere(text).replace(/^(\s*):(?=:)/, '$1: ');
