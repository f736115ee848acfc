import { CliCommand } from './cli-command.ts';
import { Flag } from './flag.ts';

/** A command as its help and the shells' completion need it. */
export interface Node {
  /** The words that lead to it, with spaces; the program itself has none. */
  readonly path: string;
  readonly command: CliCommand;
  readonly subcommands: readonly CliCommand[];
  /** What its arguments may be, where that is a list. */
  readonly choices: readonly string[];
  /** Its own, and those of all commands. */
  readonly flags: readonly Flag[];
}

/** The program and all commands below it, in the order of the help. */
export function commandTree(program: CliCommand): Node[] {
  return nodesOf(program, flagsOf(program));
}

function nodesOf(command: CliCommand, shared: readonly Flag[]): Node[] {
  const subcommands = command.commands.filter((each): each is CliCommand => each instanceof CliCommand);
  const own = flagsOf(command);
  const flags = [...new Set([...own, ...shared])];
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const node = { path: command.path.join(' '), command, subcommands, choices, flags };
  return [node, ...subcommands.flatMap((each) => nodesOf(each, shared))];
}

const flagsOf = ({ options }: CliCommand) => options.filter((option): option is Flag => option instanceof Flag);
