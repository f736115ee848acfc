import { lstat, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Status } from '../answers.ts';
import { ignoreMissing } from '../missing-file.ts';
import { PATIENT, withRetries } from '../retry.ts';
import { fetchFile, PartialFile } from '../transfer/fetch-file.ts';
import { nameFromDisposition, outputPlace, safeFileName } from '../transfer/output-name.ts';
import { FileExists, placeFile } from '../transfer/place-file.ts';
import { joinUrl } from '../urls.ts';
import { type CommandContext, clientFor } from './context.ts';
import { NoResult } from './exit-codes.ts';
import { transferProgress } from './transfer-progress.ts';

interface DownloadOptions {
  readonly id: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** A file, or a folder that is there. */
  readonly output?: string | undefined;
  /** A folder that is made if it is not there. */
  readonly folder?: string;
  readonly mayOverwrite?: boolean;
}

export interface Downloaded {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

const PART = '.part';

/** Fetches the result of a build, and goes on where a connection broke. Its SHA-256 is verified before it has its name. */
export async function downloadResult(
  context: CommandContext,
  status: Status,
  { id, credentials, output, folder, mayOverwrite = false }: DownloadOptions,
): Promise<Downloaded> {
  const { io, screen, settings, signal } = context;
  refuseWithoutResult(status);
  if (folder !== undefined) await mkdir(resolve(io.cwd, folder), { recursive: true });
  const place = await outputPlace(folder ?? output, io.cwd);
  const known = safeFileName(status.result_filename);
  const pathFor = (disposition: string | null) => place(known ?? nameFromDisposition(disposition) ?? `build-${id}`);
  // Before the bytes, where that is possible; whatever appears meanwhile is seen at the end.
  if (!mayOverwrite && known !== undefined) await refuseExisting(place(known));
  let path = '';
  const partial = new PartialFile();
  const onProgress = transferProgress(context, 'Downloading');
  const fetchOnce = () =>
    fetchFile({
      baseUrl: settings.baseUrl,
      url: joinUrl(settings.baseUrl, clientFor(context, credentials).downloadPath(id)),
      credentials,
      expected: { size: status.result_size, sha256: status.result_sha256 },
      partPath: (headers) => {
        path = pathFor(headers.get('content-disposition'));
        return path + PART;
      },
      partial,
      onProgress: (received) => onProgress(received, status.result_size ?? received),
      signal,
    });
  const tries = withRetries(fetchOnce, PATIENT, { clock: io.clock, random: io.random, signal });
  const fetched = await tries.finally(() => partial.remove());
  await placeFile(fetched.partPath, path, mayOverwrite);
  if (status.result_sha256 === null)
    screen.note('Warning: the controller has no SHA-256 of this result to compare with');
  return { path, size: fetched.size, sha256: fetched.sha256 };
}

function refuseWithoutResult({ id, state, error_message }: Status): void {
  if (state === 'completed') return;
  throw new NoResult(`build ${id} has no result: it is ${state}${error_message === null ? '' : ` (${error_message})`}`);
}

async function refuseExisting(path: string): Promise<void> {
  if ((await lstat(path).catch(ignoreMissing)) === undefined) return;
  throw new FileExists(`${path} exists: choose another with -o, or use --force`);
}
