import { CliCommand, type Setup } from './cli-command.ts';
import { addCancel } from './commands/cancel.ts';
import { addCompletion } from './commands/completion.ts';
import { addDeadLetters } from './commands/dlq.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDownload } from './commands/download.ts';
import { addInit } from './commands/init.ts';
import { addKeys } from './commands/keys.ts';
import { addList } from './commands/list.ts';
import { addLogin, addLogout } from './commands/login.ts';
import { addLogs } from './commands/logs.ts';
import { addOpen } from './commands/open.ts';
import { addQueues } from './commands/queues.ts';
import { addRetry } from './commands/retry.ts';
import { addStats } from './commands/stats.ts';
import { addStatus } from './commands/status.ts';
import { addSubmit } from './commands/submit.ts';
import { addWait } from './commands/wait.ts';
import { addWhy } from './commands/why.ts';
import { addWorker } from './commands/worker.ts';
import { addWorkers } from './commands/workers.ts';
import type { Io } from './context.ts';
import { EXIT_CODES_HELP } from './exit-codes.ts';
import { Flag } from './flag.ts';
import { DEFAULT_URL } from './settings.ts';

/** The command tree: what it holds is what `--help`, the shells' completion and docs/cli.md show. */
export function createProgram(setup: Setup, { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>): CliCommand {
  // What is set here before the commands are added, they inherit.
  const program = new CliCommand('buildlatch', setup)
    .description('Submit builds to a Buildlatch controller, follow them, and work for it.')
    .addOption(new Flag('--url <url>', 'the controller').default(DEFAULT_URL).forProjects())
    .addOption(new Flag('--api-key <key>', "the project's key; on a command line other users can see it").secret())
    .addOption(new Flag('--build-token <token>', "one build's token, from submit --json").secret())
    .option('--json', 'data as JSON on stdout: one document, or one per line for logs --follow and worker')
    .addHelpText('afterAll', EXIT_CODES_HELP)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  const begin = [addInit, addLogin, addLogout];
  const builds = [addSubmit, addWait, addStatus, addLogs, addDownload, addCancel, addRetry, addWhy, addList, addOpen];
  const operations = [addWorker, addWorkers, addQueues, addStats, addKeys, addDoctor, addDeadLetters];
  for (const add of [...begin, ...builds, ...operations, addCompletion]) add(program);
  return program;
}
