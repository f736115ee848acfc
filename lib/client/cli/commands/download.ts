import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { downloadResult } from '../download-result.ts';
import { EXIT } from '../exit-codes.ts';
import { anId } from '../flag.ts';
import { buildCredentials } from '../settings.ts';

interface DownloadFlags {
  readonly output?: string;
  readonly force?: boolean;
}

export function addDownload(parent: CliCommand): void {
  parent
    .command('download')
    .description("fetch a build's result and verify its SHA-256")
    .argument('<id>', 'the build', anId)
    .option('-o, --output <file>', 'file or existing folder to write to')
    .option('--force', 'overwrite an existing file')
    .example('buildlatch download "$id" --output app.ipa --force', 'the result, checked')
    .runs((context, flags: DownloadFlags, id) => download(context, id, flags));
}

async function download(context: CommandContext, id: string, { output, force }: DownloadFlags): Promise<number> {
  const credentials = buildCredentials(context.settings);
  const status = await clientFor(context, credentials).status(id);
  const downloaded = await downloadResult(context, status, { id, credentials, output, mayOverwrite: force ?? false });
  if (context.isJson) context.screen.json({ id, ...downloaded });
  else context.screen.data(downloaded.path);
  return EXIT.ok;
}
