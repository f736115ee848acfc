import { parseArgs } from 'node:util';

/** What is to be said instead of running, and with which exit code. */
export interface Said {
  readonly said: string;
  readonly code: 0 | 2;
}

/**
 * A bench's flags: numbers that have defaults, switches, and what may be said several times. `logSeconds` is written
 * `--log-seconds`.
 */
export function readFlags<N extends Record<string, number>, S extends string, L extends string = never>(
  args: readonly string[],
  defaults: N,
  switches: readonly S[],
  help: string,
  lists: readonly L[] = [],
): ({ numbers: N; lists: Record<L, readonly string[]> } & Record<S, boolean>) | Said {
  const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const strings = Object.keys(defaults).map((name) => [dashed(name), { type: 'string' }] as const);
  const booleans = [...switches, 'help'].map((name) => [name, { type: 'boolean' }] as const);
  try {
    const several = lists.map((name) => [name, { type: 'string', multiple: true }] as const);
    const parsed = parseArgs({ args: [...args], options: Object.fromEntries([...strings, ...booleans, ...several]) });
    const values: Readonly<Record<string, unknown>> = parsed.values;
    if (values['help']) return { said: `${help}\n${defaultsText(defaults, dashed)}`, code: 0 };
    if (values['quick'] && values['update']) throw new RangeError(QUICK_UPDATE);
    const numbers = Object.fromEntries(
      Object.entries(defaults).map(([name, fallback]) => [
        name,
        numberOf(values[dashed(name)], fallback, dashed(name)),
      ]),
    ) as N;
    const set = Object.fromEntries(switches.map((name) => [name, values[name] === true])) as Record<S, boolean>;
    const said = Object.fromEntries(lists.map((name) => [name, values[name] ?? []])) as Record<L, readonly string[]>;
    return { numbers, lists: said, ...set };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return { said: `${error.message}\n`, code: 2 };
  }
}

const QUICK_UPDATE = '--quick and --update exclude each other: figures of small volumes are not written down';

function numberOf(value: unknown, fallback: number, name: string): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (value === '' || !Number.isFinite(number) || number < 0) throw new RangeError(`--${name} must be a number from 0`);
  return number;
}

const defaultsText = (defaults: Readonly<Record<string, number>>, dashed: (name: string) => string) =>
  Object.entries(defaults)
    .map(([name, value]) => `  --${dashed(name)} ${value}\n`)
    .join('');
