import { createApiClient } from '../api-client.ts';
import { ApiError, hasCode } from '../api-error.ts';
import { tooLarge, withSourceArchive } from '../pack/source-archive.ts';
import { ONCE, PATIENT } from '../retry.ts';
import { uploadFile } from '../transfer/upload-file.ts';
import type { Signing, SubmitOptions, SubmittedBuild } from './contract.ts';
import { type Caller, typedCall } from './typed-call.ts';

/** Packs, uploads what the controller does not have, and submits. */
export async function submitSource(caller: Caller, options: SubmitOptions): Promise<SubmittedBuild> {
  const { platform, labels, priority, signing, idempotencyKey: key, signal, onWarning, onProgress } = options;
  const { baseUrl, clock, random, credentials, retry = PATIENT, onRetry } = caller;
  // An upload as a whole is what is tried again; its calls that did so too would multiply the patience.
  const { requestUpload, parts } = createApiClient({ baseUrl, clock, random, credentials, retry: ONCE, signal });
  return withSourceArchive(options.source, async ({ path, digest, files, warnings }) => {
    for (const warning of warnings) onWarning?.(warning);
    const uploadId = await uploadFile({
      baseUrl,
      path,
      digest,
      requestUpload,
      parts,
      retry,
      context: { clock, random, signal, onRetry },
      onProgress: (sent) => onProgress?.(sent, digest.size),
    }).catch((error: unknown) => {
      if (!(error instanceof ApiError) || !hasCode(error, 'payload_too_large')) throw error;
      throw tooLarge(error.message, files, error);
    });
    signal?.throwIfAborted();
    options.onSubmit?.();
    const headers = key === undefined ? {} : { 'Idempotency-Key': typeof key === 'string' ? key : key(digest) };
    const body = { platform, upload_id: uploadId, labels, priority, ...inBase64(signing) };
    const { body: submitted } = await typedCall(caller, 'POST /api/builds', { body, signal }, headers);
    return { ...submitted, source_size: digest.size, source_sha256: digest.sha256 };
  });
}

/** As a submit and a retry carry it. */
export function inBase64(signing: Signing | undefined) {
  if (!signing) return {};
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const { certs, password, profiles = [] } = signing;
  return {
    certs: text(certs),
    profiles: profiles.map(text),
    ...(password !== undefined && { certs_password: password }),
  };
}
