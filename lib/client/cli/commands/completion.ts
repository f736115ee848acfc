import { Argument } from 'commander';
import type { CliCommand } from '../cli-command.ts';
import { completionScript, SHELLS, type Shell } from '../completion-scripts.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export function addCompletion(program: CliCommand): void {
  program
    .command('completion')
    .description('print what makes a shell complete the words of buildlatch')
    .addArgument(new Argument('<shell>', 'which').choices(SHELLS))
    .example('eval "$(buildlatch completion bash)"', 'in ~/.bashrc')
    .runs((context, _flags, shell: Shell) => print(context, shell, completionScript(program, shell)));
}

async function print({ screen, isJson }: CommandContext, shell: Shell, script: string): Promise<number> {
  if (isJson) screen.json({ shell, script });
  else screen.data(script.trimEnd());
  return EXIT.ok;
}
