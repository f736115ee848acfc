import { lstat } from 'node:fs/promises';
import type { Status } from '../../answers.ts';
import { ignoreMissing } from '../../missing-file.ts';
import { PATIENT, withRetries } from '../../retry.ts';
import { fetchFile, PartialFile } from '../../transfer/fetch-file.ts';
import { nameFromDisposition, outputPlace, safeFileName } from '../../transfer/output-name.ts';
import { FileExists, placeFile } from '../../transfer/place-file.ts';
import { joinUrl } from '../../urls.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT, NoResult } from '../exit-codes.ts';
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
    .runs((context, { output, force }: DownloadFlags, id) =>
      download(context, { id, output, mayOverwrite: force ?? false }),
    );
}

interface DownloadOptions {
  readonly id: string;
  readonly output: string | undefined;
  readonly mayOverwrite: boolean;
}

const PART = '.part';

async function download(context: CommandContext, options: DownloadOptions): Promise<number> {
  const { io, screen, settings, signal } = context;
  const credentials = buildCredentials(settings);
  const client = clientFor(context, credentials);
  const status = await client.status(options.id);
  refuseWithoutResult(status);
  const place = await outputPlace(options.output, io.cwd);
  const known = safeFileName(status.result_filename);
  const pathFor = (disposition: string | null) =>
    place(known ?? nameFromDisposition(disposition) ?? `build-${options.id}`);
  // Before the bytes, where that is possible; whatever appears meanwhile is seen at the end.
  if (!options.mayOverwrite && known !== undefined) await refuseExisting(place(known));
  let path = '';
  const partial = new PartialFile();
  const fetchOnce = () =>
    fetchFile({
      baseUrl: settings.baseUrl,
      url: joinUrl(settings.baseUrl, client.downloadPath(options.id)),
      credentials,
      expected: { size: status.result_size, sha256: status.result_sha256 },
      partPath: (headers) => {
        path = pathFor(headers.get('content-disposition'));
        return path + PART;
      },
      partial,
      signal,
    });
  const tries = withRetries(fetchOnce, PATIENT, { clock: io.clock, random: io.random, signal });
  const fetched = await tries.finally(() => partial.remove());
  await placeFile(fetched.partPath, path, options.mayOverwrite);
  if (status.result_sha256 === null)
    screen.note('Warning: the controller has no SHA-256 of this result to compare with');
  if (context.isJson) screen.json({ id: options.id, path, size: fetched.size, sha256: fetched.sha256 });
  else screen.data(path);
  return EXIT.ok;
}

function refuseWithoutResult({ id, state, error_message }: Status): void {
  if (state === 'completed') return;
  throw new NoResult(`build ${id} has no result: it is ${state}${error_message === null ? '' : ` (${error_message})`}`);
}

async function refuseExisting(path: string): Promise<void> {
  if ((await lstat(path).catch(ignoreMissing)) === undefined) return;
  throw new FileExists(`${path} exists: choose another with -o, or use --force`);
}
