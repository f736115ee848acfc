import { resolve } from 'node:path';
import { amount } from '../../amount.ts';
import type { ApiClient } from '../../api-client.ts';
import { ApiError, hasCode } from '../../api-error.ts';
import { type SourceArchive, tooLarge, withSourceArchive } from '../../pack/source-archive.ts';
import { PATIENT } from '../../retry.ts';
import { uploadFile } from '../../transfer/upload-file.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { showDryRun } from '../dry-run.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { Flag, labels, PLATFORMS, type Platform, priority } from '../flag.ts';
import { openUpload } from '../open-uploads.ts';
import { projectCredentials } from '../settings.ts';
import { addSigningFlags, readSigning, type SigningFlags } from '../signing.ts';
import { transferProgress } from '../transfer-progress.ts';
import { exitCodeOf, verdict, waitForBuild } from '../wait-for-build.ts';

interface SubmitFlags extends SigningFlags {
  readonly platform?: Platform;
  readonly label?: string[];
  readonly priority?: number;
  readonly dryRun?: boolean;
  readonly upload?: boolean;
  readonly wait?: boolean;
}

export function addSubmit(parent: CliCommand): void {
  addSigningFlags(parent.command('submit'))
    .description('pack a folder (or take a .zip or .tar.gz) and submit it')
    .argument('[folder]', 'the project; .gitignore and .buildlatchignore are respected', '.')
    .addOption(new Flag('--platform <platform>', 'what to build for').choices(PLATFORMS).forProjects())
    .addOption(
      new Flag('--label <name>', 'only a worker that has it may build it (repeat the flag)')
        .argParser(labels)
        .forProjects(),
    )
    .addOption(new Flag('--priority <0-10>', 'the higher goes first').argParser(priority).forProjects())
    .option('--dry-run', 'show what would be packed, the largest files first, and its SHA-256; nothing is sent')
    .option('--upload', 'upload the source even if the controller has it')
    .addOption(new Flag('--wait', 'show the log until the build is over; exit 1 if it fails').forProjects())
    .example('buildlatch submit --platform ios', 'prints the id of the build, and nothing else on stdout')
    .example('buildlatch submit . --platform ios --wait', 'follows it; exits 1 if the build fails')
    .example('id=$(buildlatch submit --platform ios --json | jq -r .id)', 'for scripts')
    .runs((context, flags: SubmitFlags, folder) => {
      const { platform, wait: isWaiting = false } = flags;
      if (flags.dryRun) return dryRun(context, folder);
      if (platform === undefined) throw new UsageError('--platform is missing: ios or android');
      const asks = { labels: flags.label, priority: flags.priority };
      return submit(context, { folder, platform, isWaiting, signing: flags, asks, mustUpload: flags.upload ?? false });
    });
}

interface SubmitOptions {
  readonly folder: string;
  readonly platform: 'ios' | 'android';
  readonly isWaiting: boolean;
  readonly signing: SigningFlags;
  readonly asks: { readonly labels: readonly string[] | undefined; readonly priority: number | undefined };
  readonly mustUpload: boolean;
}

async function dryRun(context: CommandContext, folder: string): Promise<number> {
  const onProgress = transferProgress(context, 'Packing');
  const source = resolve(context.io.cwd, folder);
  await withSourceArchive(source, async (archive) => showDryRun(context, archive), { onProgress });
  return EXIT.ok;
}

async function submit(context: CommandContext, options: SubmitOptions): Promise<number> {
  const { screen, isJson, io } = context;
  const client = clientFor(context, projectCredentials(context.settings));
  const signing = await readSigning(io, options.signing);
  const source = resolve(io.cwd, options.folder);
  const submitArchive = async (archive: SourceArchive) => {
    const uploadId = await upload(context, client, archive, options.mustUpload).catch((error: unknown) => {
      // Before the first byte: the controller is told the size, and it may take less than others do.
      if (!(error instanceof ApiError) || !hasCode(error, 'payload_too_large')) throw error;
      throw tooLarge(error.message, archive.files, error);
    });
    return { submitted: await client.submit(options.platform, uploadId, { ...signing, ...options.asks }), archive };
  };
  const onProgress = transferProgress(context, 'Packing');
  const { submitted, archive } = await withSourceArchive(source, submitArchive, { onProgress });
  screen.note(`Submitted build ${submitted.id} for ${submitted.platform}`);
  const own = {
    access_token: submitted.access_token,
    source_size: archive.digest.size,
    source_sha256: archive.digest.sha256,
  };
  if (!options.isWaiting) {
    if (isJson) screen.json({ ...submitted, ...own, state: submitted.status });
    else screen.data(submitted.id);
    return EXIT.ok;
  }
  if (!isJson) screen.data(submitted.id);
  const credentials = { 'X-Build-Token': submitted.access_token };
  const status = await waitForBuild(context, { id: submitted.id, credentials });
  if (isJson) screen.json({ ...status, ...own });
  screen.note(verdict(status));
  return exitCodeOf(status);
}

async function upload(
  context: CommandContext,
  client: ApiClient,
  archive: SourceArchive,
  mustUpload: boolean,
): Promise<string> {
  const { screen, io, signal } = context;
  const { digest, files, warnings } = archive;
  for (const warning of warnings) screen.note(`Warning: ${warning}`);
  if (files) screen.note(`Packed ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${amount(digest.size)}`);
  const onProgress = transferProgress(context, 'Uploading');
  let wasStored = false;
  const open = openUpload(io.env, context.settings.baseUrl, digest.sha256);
  const uploadId = await uploadFile({
    uploadId: await open.find(),
    onBegun: open.keep,
    baseUrl: context.settings.baseUrl,
    path: archive.path,
    digest,
    requestUpload: (size, sha256) => client.requestUpload(size, sha256, mustUpload ? 'later' : 'now'),
    ...(!mustUpload && { onStored: () => (wasStored = true) }),
    parts: client.parts,
    retry: PATIENT,
    context: { clock: io.clock, random: io.random, signal },
    onProgress: (sent) => onProgress(sent, digest.size),
  });
  await open.forget();
  const done = wasStored
    ? 'The controller has this source: nothing had to be uploaded'
    : `Uploaded ${amount(digest.size)}`;
  screen.note(`${done}, SHA-256 ${digest.sha256}`);
  return uploadId;
}
