import type { SentFile } from '../app/keep-file.ts';
import type { ApiRequest } from './api.ts';
import { sha256 } from './secrets.ts';

/** The file part of a form, wherever its bytes are. One without bytes is none. */
export function sentFile({ files, received }: ApiRequest, name: string): SentFile | undefined {
  const stored = received[name];
  if (stored) return stored.size > 0 ? stored : undefined;
  const bytes = files[name]?.bytes;
  return bytes && bytes.length > 0 ? { bytes, sha256: sha256(bytes).toString('hex') } : undefined;
}
