import type { CliCommand } from './cli-command.ts';
import { commandTree, type Node } from './command-tree.ts';
import type { Flag } from './flag.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What a shell has to run to complete the words of `buildlatch`. */
export function completionScript(program: CliCommand, shell: Shell): string {
  const tree = commandTree(program);
  switch (shell) {
    case 'bash':
      return bashScript(tree);
    case 'zsh':
      return zshScript(tree);
    case 'fish':
      return fishScript(tree);
  }
}

const long = (flag: Flag) => `--${flag.name()}`;
const takesValue = (flag: Flag) => flag.required || flag.optional;
/** All texts are ours; what they may hold is a single quote. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** `case` arms that follow the words typed so far down the tree. */
function pathArms(tree: readonly Node[]): string {
  const below = tree.filter(({ path }) => path !== '');
  const from = ({ path, command }: Node) => `${path.slice(0, -command.name().length).trim()}/${command.name()}`;
  return below.map((node) => `      ${quoted(from(node))}) at=${quoted(node.path)} ;;`).join('\n');
}

function valueArms(tree: readonly Node[], arm: (choices: readonly string[]) => string): string {
  const arms = tree.flatMap(({ path, flags }) =>
    flags.filter(takesValue).map((flag) => `    ${quoted(`${path}/${long(flag)}`)}) ${arm(flag.argChoices ?? [])} ;;`),
  );
  return arms.join('\n');
}

function bashScript(tree: readonly Node[]): string {
  const words = ({ subcommands, choices, flags }: Node) =>
    [...subcommands.map((each) => each.name()), ...choices, ...flags.map(long), '--help'].join(' ');
  const values = (choices: readonly string[]) =>
    choices.length === 0 ? 'return' : `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$word")); return`;
  return `_buildlatch() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} at='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
${pathArms(tree)}
    esac
  done
  case "$at/$before" in
${valueArms(tree, values)}
  esac
  case "$at" in
${tree.map((node) => `    ${quoted(node.path)}) words=${quoted(words(node))} ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _buildlatch buildlatch
`;
}

function zshScript(tree: readonly Node[]): string {
  const described = (name: string, text: string) => quoted(`${name.replaceAll(':', '\\:')}:${text}`);
  const words = ({ subcommands, choices, flags }: Node) =>
    [
      ...subcommands.map((each) => described(each.name(), each.description())),
      ...choices.map(quoted),
      ...flags.map((flag) => described(long(flag), flag.description)),
    ].join(' ');
  const values = (choices: readonly string[]) =>
    choices.length === 0 ? '_files; return' : `compadd -- ${choices.join(' ')}; return`;
  return `#compdef buildlatch
_buildlatch() {
  local at='' i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
${pathArms(tree)}
    esac
  done
  case "$at/\${words[CURRENT - 1]}" in
${valueArms(tree, values)}
  esac
  case "$at" in
${tree.map((node) => `    ${quoted(node.path)}) found=(${words(node)}) ;;`).join('\n')}
  esac
  _describe 'buildlatch' found
  _files
}
compdef _buildlatch buildlatch
`;
}

function fishScript(tree: readonly Node[]): string {
  const lines = tree.flatMap(({ path, subcommands, choices, flags }) => {
    const where = `complete -c buildlatch -n ${quoted(`test (__buildlatch_at) = "${path}"`)}`;
    return [
      ...subcommands.map((each) => `${where} -f -a ${each.name()} -d ${quoted(each.description())}`),
      ...choices.map((choice) => `${where} -f -a ${choice}`),
      ...flags.map((flag) => {
        const choices = flag.argChoices ? ` -x -a ${quoted(flag.argChoices.join(' '))}` : ' -r';
        return `${where} -l ${flag.name()}${takesValue(flag) ? choices : ''} -d ${quoted(flag.description)}`;
      }),
    ];
  });
  return `function __buildlatch_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at/$word"
${tree
  .filter(({ path }) => path !== '')
  .map(({ path, command }) => {
    const from = `${path.slice(0, -command.name().length).trim()}/${command.name()}`;
    return `      case ${quoted(from)}\n        set at ${quoted(path)}`;
  })
  .join('\n')}
    end
  end
  echo "$at"
end
${lines.join('\n')}
`;
}
