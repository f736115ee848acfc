import { resolve } from 'node:path';
import { amount } from '../../amount.ts';
import type { Submitted } from '../../answers.ts';
import type { ApiClient } from '../../api-client.ts';
import { ApiError, hasCode } from '../../api-error.ts';
import { type SourceArchive, tooLarge, withSourceArchive } from '../../pack/source-archive.ts';
import { keyOfCiRun } from '../ci-run.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { showDryRun } from '../dry-run.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { aKey, Flag, labels, PLATFORMS, type Platform, priority } from '../flag.ts';
import { projectCredentials } from '../settings.ts';
import { addSigningFlags, readSigning, type SigningFlags } from '../signing.ts';
import { transferProgress } from '../transfer-progress.ts';
import { uploadSource } from '../upload-source.ts';
import { addWaitFlags, type WaitFlags } from '../wait-flags.ts';
import { waitForBuild } from '../wait-for-build.ts';

interface SubmitFlags extends SigningFlags, WaitFlags {
  readonly platform?: Platform;
  readonly label?: string[];
  readonly priority?: number;
  readonly dryRun?: boolean;
  readonly upload?: boolean;
  readonly idempotencyKey?: string;
  readonly wait?: boolean;
}

export function addSubmit(parent: CliCommand): void {
  const command = addSigningFlags(parent.command('submit'))
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
    .addOption(
      new Flag(
        '--idempotency-key <key>',
        'submits with the same key are one build; in a known CI, one of the run, the job and what is submitted',
      ).argParser(aKey),
    )
    .addOption(new Flag('--wait', 'show the build until it is over; exit 1 if it fails').forProjects());
  addWaitFlags(command)
    .example('buildlatch submit --platform ios', 'prints the id of the build, and nothing else on stdout')
    .example('buildlatch submit . --platform ios --wait', 'follows it; exits 1 if the build fails')
    .example('buildlatch submit --platform ios --download results', 'and fetches its result')
    .example('buildlatch submit --dry-run', 'what would be packed')
    .example('id=$(buildlatch submit --platform ios --json | jq -r .id)', 'for scripts')
    .runs((context, flags: SubmitFlags, folder) =>
      flags.dryRun ? dryRun(context, folder) : submit(context, folder, flags),
    );
}

async function dryRun(context: CommandContext, folder: string): Promise<number> {
  const onProgress = transferProgress(context, 'Packing');
  const source = resolve(context.io.cwd, folder);
  await withSourceArchive(source, async (archive) => showDryRun(context, archive), { onProgress });
  return EXIT.ok;
}

async function submit(context: CommandContext, folder: string, flags: SubmitFlags): Promise<number> {
  const { screen, isJson, io } = context;
  const { platform, upload: mustUpload = false, idempotencyKey } = flags;
  if (platform === undefined) throw new UsageError('--platform is missing: ios or android');
  const isWaiting = flags.wait ?? (flags.download !== undefined || flags.timeout !== undefined);
  const client = clientFor(context, projectCredentials(context.settings));
  const asks = { labels: flags.label, priority: flags.priority };
  const more = { ...(await readSigning(io, flags)), ...asks };
  const wanted = { platform, more, mustUpload, idempotencyKey };
  const send = async (archive: SourceArchive) => ({
    submitted: await submitArchive(context, client, archive, wanted),
    digest: archive.digest,
  });
  const onProgress = transferProgress(context, 'Packing');
  const { submitted, digest } = await withSourceArchive(resolve(io.cwd, folder), send, { onProgress });
  screen.note(`Submitted build ${submitted.id} for ${submitted.platform}`);
  const own = { access_token: submitted.access_token, source_size: digest.size, source_sha256: digest.sha256 };
  if (!isWaiting) {
    if (isJson) screen.json({ ...submitted, ...own, state: submitted.status });
    else screen.data(submitted.id);
    return EXIT.ok;
  }
  if (!isJson) screen.data(submitted.id);
  const credentials = { 'X-Build-Token': submitted.access_token };
  const { status, downloaded, exitCode } = await waitForBuild(context, { ...flags, id: submitted.id, credentials });
  if (isJson) screen.json({ ...status, ...own, ...(downloaded && { download: downloaded }) });
  else if (downloaded) screen.data(downloaded.path);
  return exitCode;
}

interface Wanted {
  readonly platform: Platform;
  /** Signing material, labels and priority. */
  readonly more: object;
  readonly mustUpload: boolean;
  readonly idempotencyKey: string | undefined;
}

async function submitArchive(
  context: CommandContext,
  client: ApiClient,
  archive: SourceArchive,
  { platform, more, mustUpload, idempotencyKey }: Wanted,
): Promise<Submitted> {
  const { screen, io } = context;
  const { digest, files, warnings } = archive;
  for (const warning of warnings) screen.note(`Warning: ${warning}`);
  if (files) screen.note(`Packed ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${amount(digest.size)}`);
  const key = idempotencyKey ?? keyOfCiRun(io.env, { platform, sha256: digest.sha256, ...more });
  const upload = (always: boolean) =>
    uploadSource(context, client, archive, always).catch((error: unknown) => {
      // Before the first byte: the controller is told the size, and it may take less than others do.
      if (!(error instanceof ApiError) || !hasCode(error, 'payload_too_large')) throw error;
      throw tooLarge(error.message, files, error);
    });
  const { uploadId, wasStored } = await upload(mustUpload);
  try {
    return await client.submit(platform, uploadId, more, key);
  } catch (error) {
    // What was there a moment ago had reached the end of its time.
    if (!wasStored || !hasCode(error, 'upload_missing')) throw error;
    return client.submit(platform, (await upload(true)).uploadId, more, key);
  }
}
