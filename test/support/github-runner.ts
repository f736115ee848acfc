import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseYaml } from './yaml.ts';

/** A command that the runner obeys. */
export interface Obeyed {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

const unescaped = (text: string, isProperty = false) => {
  const data = text.replaceAll('%0D', '\r').replaceAll('%0A', '\n');
  return (isProperty ? data.replaceAll('%3A', ':').replaceAll('%2C', ',') : data).replaceAll('%25', '%');
};

/**
 * What a runner would do of what a step writes, and what it would show: commands of both forms, stopped by `stop-commands`
 * until their token comes. Lines end as .NET ends them.
 */
export function asRunner(stdout: string): { obeyed: Obeyed[]; shown: string[] } {
  const obeyed: Obeyed[] = [];
  const shown: string[] = [];
  let token: string | undefined;
  for (const line of stdout.split(/\r\n|\r|\n/)) {
    const form = /^\s*::([^\s:]+)(?: ([^:]*))?::(.*)$/.exec(line) ?? /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/.exec(line);
    const [, name = '', list = '', message = ''] = form ?? [];
    if (!form || (token !== undefined && name !== token)) {
      shown.push(line);
      continue;
    }
    if (name === token) {
      token = undefined;
      continue;
    }
    if (name === 'stop-commands') token = message;
    const pairs = list.split(',').flatMap((pair) => {
      const [key = '', ...value] = pair.split('=');
      return key === '' ? [] : [[key, unescaped(value.join('='), true)] as const];
    });
    obeyed.push({ name, properties: Object.fromEntries(pairs), message: unescaped(message) });
  }
  return { obeyed, shown };
}

/** The values of a file of outputs or state. */
function recordsIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const [, name, delimiter] = /^([^<]+)<<(.+)$/.exec(lines[at] ?? '') ?? [];
    if (name === undefined || delimiter === undefined) continue;
    const end = lines.indexOf(delimiter, at + 1);
    if (end < 0) throw new Error(`${name} does not end`);
    found[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return found;
}

export interface RunnerFiles {
  readonly env: Readonly<Record<string, string>>;
  outputs(): Promise<Record<string, string>>;
  /** As the step's end gets it. */
  savedState(): Promise<Record<string, string>>;
  summary(): Promise<string>;
  remove(): Promise<void>;
}

/** The files and variables that a runner has for one step of one attempt. */
export async function runnerFiles(more: Readonly<Record<string, string>> = {}): Promise<RunnerFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-runner-'));
  const file = (name: string) => join(folder, name);
  for (const name of ['output', 'state', 'summary']) await writeFile(file(name), '');
  const records = async (name: string) => recordsIn(await readFile(file(name), 'utf8'));
  const env = {
    ...{ GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'o/r' },
    ...{ GITHUB_RUN_ID: '17', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'build', GITHUB_ACTION: '__self' },
    ...{ GITHUB_OUTPUT: file('output'), GITHUB_STATE: file('state'), GITHUB_STEP_SUMMARY: file('summary') },
    ...more,
  };
  return {
    env,
    outputs: () => records('output'),
    savedState: async () => {
      const state = Object.entries(await records('state'));
      return Object.fromEntries(state.map(([name, value]) => [`STATE_${name}`, value]));
    },
    summary: () => readFile(file('summary'), 'utf8'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Declared {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: Readonly<Record<string, string>>;
}

const DECLARED = parseYaml<Declared>(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8'));
export const declaredAction = () => DECLARED;

/** The inputs of a step as its process sees them, with the defaults of `action.yml`. */
export function inputsOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(DECLARED.inputs).map(([name, input]) => [name, input.default ?? '']);
  const all: Record<string, string> = { ...Object.fromEntries(defaults), ...given };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
}
