import { PATIENT, withRetries } from '../retry.ts';
import { fetchFile, PartialFile } from '../transfer/fetch-file.ts';
import { nameFromDisposition, outputPlace, safeFileName } from '../transfer/output-name.ts';
import { placeFile } from '../transfer/place-file.ts';
import { joinUrl } from '../urls.ts';
import type { DownloadedFile, DownloadOptions } from './contract.ts';
import { type Caller, typedCall } from './typed-call.ts';

/** Fetches the result of a build, going on where a connection broke; only a file of the right SHA-256 gets its name. */
export async function downloadBuild(caller: Caller, id: string, options: DownloadOptions): Promise<DownloadedFile> {
  const { output, mayOverwrite = false, signal } = options;
  const { body: status } = await typedCall(caller, 'GET /api/builds/{id}/status', { path: { id }, signal });
  const place = await outputPlace(output, process.cwd());
  const known = safeFileName(status.result_filename);
  const partial = new PartialFile();
  let path = '';
  const fetchOnce = () =>
    fetchFile({
      baseUrl: caller.baseUrl,
      url: joinUrl(caller.baseUrl, `/api/builds/${encodeURIComponent(id)}/download`),
      credentials: caller.credentials,
      expected: { size: status.result_size, sha256: status.result_sha256 },
      partPath: (headers) => {
        path = place(known ?? nameFromDisposition(headers.get('content-disposition')) ?? `build-${id}`);
        return `${path}.part`;
      },
      partial,
      signal,
    });
  const context = { clock: caller.clock, random: caller.random, signal, onRetry: caller.onRetry };
  const tries = withRetries(fetchOnce, caller.retry ?? PATIENT, context);
  const { partPath, size, sha256 } = await tries.finally(() => partial.remove());
  await placeFile(partPath, path, mayOverwrite);
  return { path, size, sha256 };
}
