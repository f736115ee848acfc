import { Help, InvalidArgumentError, Option } from 'commander';

/** An option that the environment and settings files can set as well. All are made by `CliCommand`. */
export class Flag extends Option {
  /** The environment variable; it follows from the command's name and the flag's. */
  variable = '';
  isForProjects = false;
  isSecret = false;

  /** A repository may set it for whoever works in it. Nothing may be that names a file, a variable or a program. */
  forProjects(): this {
    this.isForProjects = true;
    return this;
  }

  /** Is in no settings file, and on no command line without a warning. */
  secret(): this {
    this.isSecret = true;
    return this;
  }
}

/** `BUILDLATCH_SUBMIT_PLATFORM` for `submit --platform`; those of all commands have no command's name in them. */
export function variableOf(commandPath: readonly string[], flag: Option): string {
  const name = ['buildlatch', ...commandPath, flag.name()].join('_');
  return name.replaceAll('-', '_').toUpperCase();
}

/** Says after each flag which variable sets it. */
export class FlagHelp extends Help {
  override optionDescription(option: Option): string {
    const text = super.optionDescription(option);
    return option instanceof Flag && option.variable !== '' ? `${text} (env: ${option.variable})` : text;
  }
}

export function anId(value: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(value)) throw new InvalidArgumentError('Not an id.');
  return value;
}

/** What a header can carry. */
export function aKey(value: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(value)) throw new InvalidArgumentError('Not 1 to 255 visible ASCII characters.');
  return value;
}

export function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError('Not a positive number.');
  return number;
}

/** Each flag adds to those before it. What a label may be is said by the controller. */
export function labels(value: string, before: readonly string[] = []): string[] {
  return [...before, ...value.split(',').map((name) => name.trim())].filter((name) => name !== '');
}

/** A whole number from 0 to 10, as the controller takes it. */
export function priority(value: string): number {
  if (!/^(?:\d|10)$/.test(value)) throw new InvalidArgumentError('Not a whole number from 0 to 10.');
  return Number(value);
}

export const PLATFORMS = ['ios', 'android'] as const;
export type Platform = (typeof PLATFORMS)[number];

export function platforms(value: string): Platform[] {
  const names = value.split(',').map((name) => name.trim());
  const known = PLATFORMS.filter((platform) => names.includes(platform));
  if (known.length !== new Set(names).size)
    throw new InvalidArgumentError('Only ios and android, separated by a comma.');
  return known;
}
