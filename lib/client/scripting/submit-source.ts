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
  const api = createApiClient({ baseUrl, clock, random, credentials, retry: ONCE, signal });
  return withSourceArchive(options.source, async ({ path, digest, files, warnings }) => {
    for (const warning of warnings) onWarning?.(warning);
    let wasStored = false;
    const upload = (reuse: 'now' | 'later') =>
      uploadFile({
        ...{ baseUrl, path, digest, retry },
        requestUpload: (size, sha256) => api.requestUpload(size, sha256, reuse),
        ...(reuse === 'now' && { onStored: () => (wasStored = true) }),
        parts: api.parts,
        context: { clock, random, signal, onRetry },
        onProgress: (sent) => onProgress?.(sent, digest.size),
      }).catch((error: unknown) => {
        if (!(error instanceof ApiError) || !hasCode(error, 'payload_too_large')) throw error;
        throw tooLarge(error.message, files, error);
      });
    const uploadId = await upload('now');
    signal?.throwIfAborted();
    options.onSubmit?.();
    const headers = key === undefined ? {} : { 'Idempotency-Key': typeof key === 'string' ? key : key(digest) };
    const asks = { platform, labels, priority, ...inBase64(signing) };
    const submit = (upload_id: string) =>
      typedCall(caller, 'POST /api/builds', { body: { ...asks, upload_id }, signal }, headers);
    const { body: submitted } = await submit(uploadId).catch(async (error: unknown) => {
      // What was stored has reached the end of its days in between.
      if (!wasStored || !hasCode(error, 'upload_missing')) throw error;
      return submit(await upload('later'));
    });
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
