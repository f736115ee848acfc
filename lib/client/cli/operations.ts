import type { Command } from 'commander';
import { doctor } from './doctor.ts';
import { listDeadLetters, redriveDeadLetters } from './dlq.ts';
import type { Run } from './program.ts';

/** What an operator does. */
export function addOperations(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('tell what is configured, reachable and permitted from here, and what is wrong')
    .action((_flags: object, command: Command) => run(command.optsWithGlobals(), doctor));
  const dlq = program.command('dlq').description('messages of builds that were put aside: see them, bring them back');
  dlq
    .command('list')
    .description('show them; they stay')
    .action((_flags: object, command: Command) => run(command.optsWithGlobals(), listDeadLetters));
  dlq
    .command('redrive')
    .description('send those whose builds wait to the workers anew')
    .option('--yes', 'do it')
    .action((flags: { yes?: boolean }, command: Command) =>
      run(command.optsWithGlobals(), (context) => redriveDeadLetters(context, flags.yes ?? false)),
    );
}
