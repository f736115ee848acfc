import { type KeyHolder, ROOT } from '../domain/api-key.ts';
import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { Secrets } from './ports.ts';

interface Content {
  readonly size: number;
  readonly sha256: string;
}

/**
 * An upload of a source that is to be found again by its content. The first part makes it an upload of its own, so that
 * two submits of one source are two builds; the second says what is uploaded.
 */
export const contentUploadId = ({ id, idFrom }: Pick<Secrets, 'id' | 'idFrom'>, { size, sha256 }: Content) =>
  `${id()}-${idFrom(`content ${size} ${sha256}`)}`;

/**
 * A source is stored before its build exists, so its key is that of the upload; or of its content and of whose it is.
 * Who names an upload of somebody else's content comes to a key of his own, where there is what he uploaded or nothing.
 *
 * @param by whose key asks.
 */
export function sourceKey({ idFrom }: Pick<Secrets, 'idFrom'>, uploadId: string, by: KeyHolder | undefined): string {
  const content = /^[A-Za-z0-9_-]{21}-([A-Za-z0-9_-]{21})$/.exec(uploadId)?.[1];
  if (content === undefined) return plainSourceKey(uploadId);
  // No id has a slash: what lies here can be named by its content only.
  return `sources/by-content/${idFrom(`${content} of ${by?.id ?? ROOT.id}`)}`;
}

export const plainSourceKey = (uploadId: string) => `sources/${uploadId}`;

/** Results lie under their attempt: what a lost attempt uploads late can never take the place of another's. */
export const resultKey = (buildId: string, attempt: number, uploadId: string) =>
  `results/${buildId}/${attempt}/${uploadId}`;

/** The upload id of a result begins with its attempt, which thus need not be asked for again. */
export const resultUploadId = (attempt: number, id: string) => `${attempt}-${id}`;

/** The attempt in a result's upload id, or undefined when it is none of ours. */
export function attemptOf(uploadId: string): number | undefined {
  const match = /^([1-9][0-9]{0,4})-[A-Za-z0-9_-]{21}$/.exec(uploadId);
  return match ? Number(match[1]) : undefined;
}

/** The key of a result's upload, for the attempt that began it and for no other. */
export function heldResultKey({ id, attempt }: Build, uploadId: string): string {
  const begunAt = attemptOf(uploadId);
  if (begunAt === undefined) throw new Rejection('invalid_request', 'upload_id is not one of a result');
  if (begunAt !== attempt) throw new Rejection('lease_lost', `The upload belongs to attempt ${begunAt}`);
  return resultKey(id, attempt, uploadId);
}

/** The old clients' tests look for these endings. */
export const resultName = ({ id, platform }: Pick<Build, 'id' | 'platform'>) =>
  `${id}.${platform === 'ios' ? 'ipa' : 'apk'}`;
