import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { anId, Flag } from '../flag.ts';
import { duration } from '../quantities.ts';
import { buildCredentials } from '../settings.ts';
import { exitCodeOf, verdict, waitForBuild } from '../wait-for-build.ts';

interface WaitFlags {
  readonly timeout?: number;
}

export function addWait(parent: CliCommand): void {
  parent
    .command('wait')
    .description('show the log of a build until it is over; may be broken off and begun again')
    .argument('<id>', 'the build', anId)
    .addOption(
      new Flag('--timeout <time>', 'leave after 90s, 45m or 2h: the build goes on').argParser(duration).forProjects(),
    )
    .example(
      'buildlatch wait "$id" --timeout 45m',
      'exits 124 if the build is not over by then; the same line waits on',
    )
    .runs((context, { timeout }: WaitFlags, id) => wait(context, id, timeout));
}

async function wait(context: CommandContext, id: string, timeoutMs: number | undefined): Promise<number> {
  const status = await waitForBuild(context, { id, credentials: buildCredentials(context.settings), timeoutMs });
  if (context.isJson) context.screen.json(status);
  else context.screen.data(status.state);
  context.screen.note(verdict(status));
  return exitCodeOf(status);
}
