import { amount } from '../amount.ts';
import type { ApiClient } from '../api-client.ts';
import type { SourceArchive } from '../pack/source-archive.ts';
import { PATIENT } from '../retry.ts';
import { uploadFile } from '../transfer/upload-file.ts';
import type { CommandContext } from './context.ts';
import { openUpload } from './open-uploads.ts';
import { transferProgress } from './transfer-progress.ts';

interface UploadedSource {
  readonly uploadId: string;
  readonly wasStored: boolean;
}

/** Uploads a source, unless the controller has it; `mustUpload`: all the same. */
export async function uploadSource(
  context: CommandContext,
  client: ApiClient,
  { path, digest }: SourceArchive,
  mustUpload: boolean,
): Promise<UploadedSource> {
  const { screen, io, signal } = context;
  const onProgress = transferProgress(context, 'Uploading');
  let wasStored = false;
  const open = openUpload(io.env, context.settings.baseUrl, digest.sha256);
  const uploadId = await uploadFile({
    uploadId: await open.find(),
    onBegun: open.keep,
    baseUrl: context.settings.baseUrl,
    path,
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
  return { uploadId, wasStored };
}
