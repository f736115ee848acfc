import { createHash } from 'node:crypto';
import { type Answer, type Http, insist, type Recorder, type Subject } from './recorder.ts';

export interface Upload {
  readonly id: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
  readonly sha256: string;
}

interface Asking {
  readonly subject: Subject;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly json?: object;
  /** In parts, of which the first is the only one. */
  readonly isParted?: boolean;
}

/** The least that a part may be; the last may be smaller, and so may an only one. */
const PART_BYTES = 5 * 1024 ** 2;

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Asks where the bytes may be put. Undefined: refused, or not answered. */
export async function announceUpload(
  { request }: Http,
  { record }: Recorder,
  { subject, path, headers, json, isParted = false }: Asking,
  bytes: Buffer,
): Promise<Upload | undefined> {
  let upload: Upload | undefined;
  const sha256 = sha256Of(bytes);
  const parts = isParted ? { parts: { size: PART_BYTES, sha256s: [sha256] } } : {};
  const announced = { size: bytes.length, sha256, ...parts, ...json };
  await insist(() =>
    record(
      subject,
      () => request('POST', path, { headers, json: announced }),
      ({ body }) => {
        const at = isParted ? body.parts[0] : body;
        upload = { id: body.upload_id, url: at.url, headers: at.headers, bytes, sha256 };
        return {};
      },
    ),
  );
  return upload;
}

/** Past the functions, straight into the bucket. */
export async function put({ url, headers, bytes }: Pick<Upload, 'url' | 'headers' | 'bytes'>): Promise<Answer> {
  const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
  return { status: answer.status, headers: answer.headers, text: await answer.text(), body: undefined };
}
