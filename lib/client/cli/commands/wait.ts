import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { anId } from '../flag.ts';
import { buildCredentials } from '../settings.ts';
import { addWaitFlags, type WaitFlags } from '../wait-flags.ts';
import { waitForBuild } from '../wait-for-build.ts';

export function addWait(parent: CliCommand): void {
  addWaitFlags(parent.command('wait'))
    .description('show a build until it is over; may be broken off and begun again')
    .argument('<id>', 'the build', anId)
    .example(
      'buildlatch wait "$id" --timeout 45m',
      'exits 124 if the build is not over by then; the same line waits on',
    )
    .runs((context, flags: WaitFlags, id) => wait(context, id, flags));
}

async function wait(context: CommandContext, id: string, flags: WaitFlags): Promise<number> {
  const waiting = { ...flags, id, credentials: buildCredentials(context.settings) };
  const { status, downloaded, exitCode } = await waitForBuild(context, waiting);
  if (context.isJson) context.screen.json({ ...status, ...(downloaded && { download: downloaded }) });
  else context.screen.data(downloaded?.path ?? status.state);
  return exitCode;
}
