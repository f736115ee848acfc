import type { Job } from '../answers.ts';
import type { Clock } from '../clock.ts';
import type { Answer } from '../request.ts';
import type { RetryPolicy } from '../retry.ts';
import { uploadFile } from '../transfer/upload-file.ts';
import type { Artifact } from './artifact.ts';
import type { Session } from './session.ts';
import type { WorkerApi } from './worker-api.ts';

export interface UploadDeps {
  readonly api: WorkerApi;
  readonly session: Session;
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly random: () => number;
}

export function uploadArtifact(
  { api, session, baseUrl, clock, random }: UploadDeps,
  { id, attempt }: Job,
  { filename, path, digest }: Artifact,
  retry: RetryPolicy,
  signal: AbortSignal,
): Promise<string> {
  const ask = async <T>(call: (token: string) => Promise<Answer<T>>) => (await session.withToken(signal, call)).body;
  const file = { ...digest, filename, attempt };
  return uploadFile({
    baseUrl,
    path,
    digest,
    requestUpload: () => ask((token) => api.requestUpload(token, id, file, signal)),
    parts: {
      begin: (_digest, parts) => ask((token) => api.beginParts(token, id, { ...file, parts }, signal)),
      goOn: (uploadId) => ask((token) => api.goOnWithParts(token, id, uploadId, signal)),
      complete: (uploadId) => ask((token) => api.completeParts(token, id, uploadId, signal)),
    },
    retry,
    context: { clock, random, signal },
  });
}
