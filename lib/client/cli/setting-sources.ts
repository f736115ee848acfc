import { InvalidArgumentError } from 'commander';
import type { CliCommand } from './cli-command.ts';
import { Flag } from './flag.ts';

/** The settings of a file: those of all commands by the flag's name, those of one below the command's. */
export interface SettingsFile {
  /** As a message names it. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What sets a flag that was not typed: the environment before the project's file before the user's. */
export interface SettingSources {
  readonly env: NodeJS.ProcessEnv;
  readonly project: SettingsFile | undefined;
  readonly user: SettingsFile | undefined;
  readonly warn: (text: string) => void;
}

type SourceName = 'env' | 'project' | 'user';

interface Found {
  readonly value: unknown;
  /** Where it stands, for a message about it. */
  readonly where: string;
  readonly source: SourceName;
}

/** Gives a command's flags the values that were not typed. What is wrong with one is an error of usage. */
export function fillFlags(command: CliCommand, sources: SettingSources): void {
  const project = section(sources.project, command);
  const user = section(sources.user, command);
  for (const file of [project, user]) if (file) warnOfUnknown(command, file, sources);
  for (const flag of command.options) {
    if (!(flag instanceof Flag)) continue;
    if (project?.values[flag.name()] !== undefined && !flag.isForProjects)
      command.error(`error: ${project.name}: ${flag.name()} cannot be set by a project`);
    if (user?.values[flag.name()] !== undefined && flag.isSecret)
      command.error(`error: ${user.name}: ${flag.name()} is kept by "buildlatch login", not in this file`);
    if (command.getOptionValueSource(flag.attributeName()) === 'cli') continue;
    const found = find(flag, sources.env, project, user);
    if (found !== undefined) apply(command, flag, found);
  }
}

/** An empty variable counts as none, as pipelines set them. */
function find(flag: Flag, env: NodeJS.ProcessEnv, project?: SettingsFile, user?: SettingsFile): Found | undefined {
  const variable = env[flag.variable];
  if (variable) return { value: variable, where: flag.variable, source: 'env' };
  for (const [source, file] of [['project', project] as const, ['user', user] as const]) {
    const value = file?.values[flag.name()];
    if (file && value !== undefined) return { value, where: `${file.name}: ${flag.name()}`, source };
  }
  return undefined;
}

function apply(command: CliCommand, flag: Flag, { value, where, source }: Found): void {
  try {
    command.setOptionValueWithSource(flag.attributeName(), read(flag, value), source);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    command.error(`error: ${where}: ${error.message}`);
  }
}

function read(flag: Flag, value: unknown): unknown {
  if (flag.isBoolean()) return readBoolean(value);
  const { parseArg, variadic } = flag;
  // A flag that adds to those before it may be a list as well.
  const parts = variadic || (parseArg && Array.isArray(value)) ? listOf(value) : [textOf(value)];
  if (parseArg) return parts.reduce<unknown>((previous, part) => parseArg(part, previous), undefined);
  return variadic ? parts : parts[0];
}

function readBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (['1', 'true', 'yes', 'on'].includes(text)) return true;
  if (['0', 'false', 'no', 'off'].includes(text)) return false;
  throw new InvalidArgumentError('Neither true nor false.');
}

/** A list, or text with commas between its parts. */
function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(textOf);
  return textOf(value)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new InvalidArgumentError('Neither text nor a number.');
}

function section(file: SettingsFile | undefined, command: CliCommand): SettingsFile | undefined {
  let values: Readonly<Record<string, unknown>> | undefined = file?.values;
  for (const name of command.path) {
    const inner: unknown = values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
    values = isRecord(inner) ? inner : undefined;
  }
  if (file === undefined || values === undefined) return undefined;
  return { name: [file.name, ...command.path].join(': '), values: Object.assign(Object.create(null), values) };
}

/** A misspelt setting would be one that is quietly not followed; one of a newer version is no reason to stop. */
function warnOfUnknown(command: CliCommand, { name, values }: SettingsFile, { warn }: SettingSources): void {
  const known = new Set([...command.options, ...command.commands].map((part) => part.name()));
  for (const key of Object.keys(values)) if (!known.has(key)) warn(`Warning: ${name}: no such setting: ${key}`);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
