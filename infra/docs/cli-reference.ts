import type { CliCommand } from '../../lib/client/cli/cli-command.ts';
import { commandTree, type Node } from '../../lib/client/cli/command-tree.ts';
import { EXIT_CODES_HELP } from '../../lib/client/cli/exit-codes.ts';
import type { Flag } from '../../lib/client/cli/flag.ts';

const INTRODUCTION = `# The command line

Made of the commands themselves by \`npm run docs\`; what is wrong here is wrong in \`lib/client/cli/\`. Each example is run by a test.

Data goes to stdout, words for people and progress to stderr. With \`--json\` every command prints one JSON document, and those
that follow something one on each line. Colours and moving lines are for terminals: \`NO_COLOR\`, \`FORCE_COLOR\`, \`TERM=dumb\` and
\`CI\` are honoured, and what a build or a worker says cannot steer a terminal.

## Settings

A flag goes before its environment variable, that before the project's file, that before the user's; an empty variable counts as
none. Several values are separated by commas in a variable, and are a list in a file.

| where | what |
|---|---|
| \`buildlatch.json\` in the folder you are in, below \`cli\` | the project's: those flags that are marked *project* |
| \`~/.config/buildlatch/config.json\` (or in \`XDG_CONFIG_HOME\`; \`~/Library/Application Support/buildlatch\` on macOS, \`%APPDATA%\\buildlatch\` on Windows) | yours: all flags but keys |
| \`credentials.json\` beside it | the keys that \`login\` has stored, each for its controller's address; only you can read it |

Flags of all commands stand by their names, those of one command below its name:
\`{ "url": "https://builds.example.com", "submit": { "platform": "ios" }, "keys": { "create": { "scope": ["submit"] } } }\`.

A project's file cannot have a key sent to an address that it names: only one that you have stored for that very address goes there.
Proxies are those of \`HTTPS_PROXY\`, \`HTTP_PROXY\` and \`NO_PROXY\`.
`;

/** The reference of all commands, in Markdown. */
export function cliReference(program: CliCommand): string {
  const [root, ...nodes] = commandTree(program);
  const shared = root?.flags ?? [];
  const codes = EXIT_CODES_HELP.trim().split('\n').slice(1);
  const parts = [
    INTRODUCTION,
    '## Exit codes\n',
    table(
      ['code', 'when'],
      codes.map((line) => /^ *(\d+) +(.*)$/.exec(line)?.slice(1) ?? []),
    ),
    '\n## Flags of all commands\n',
    flagTable(shared),
    ...nodes.filter(isUsed).map((node) => commandPart(node, shared)),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

/** A group alone does nothing. */
const isUsed = ({ subcommands, command }: Node) => subcommands.length === 0 || command.examples.length > 0;

function commandPart({ path, command, flags }: Node, shared: readonly Flag[]): string {
  const args = command.registeredArguments.map((argument) => {
    const name = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
    return { name, says: [argument.description, choicesText(argument.argChoices)].filter(Boolean).join('; ') };
  });
  const own = flags.filter((flag) => !shared.includes(flag));
  const examples = command.examples.flatMap(({ line, says }) => [`# ${says}`, line]);
  return [
    `\n## buildlatch ${[path, ...args.map(({ name }) => name)].join(' ')}\n`,
    `${command.description()}.\n`,
    ...args.map(({ name, says }) => `- \`${name}\`: ${says}`),
    ...(args.length > 0 ? [''] : []),
    ...(own.length > 0 ? [flagTable(own), ''] : []),
    ...(examples.length > 0 ? ['```sh', ...examples, '```'] : []),
  ].join('\n');
}

function flagTable(flags: readonly Flag[]): string {
  const rows = flags.map((flag) => [
    `\`${flag.flags}\``,
    [flag.description, choicesText(flag.argChoices), defaultText(flag), ...(flag.mandatory ? ['needed'] : [])]
      .filter(Boolean)
      .join('; '),
    `\`${flag.variable}\``,
    flag.isForProjects ? 'project' : '',
  ]);
  return table(['flag', 'what', 'variable', ''], rows);
}

const choicesText = (choices: readonly string[] = []) => (choices.length === 0 ? '' : `one of ${choices.join(', ')}`);

function defaultText({ defaultValue, defaultValueDescription }: Flag): string {
  return defaultValue === undefined ? '' : `default: ${defaultValueDescription ?? String(defaultValue)}`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
