import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';

/** A source is stored before its build exists, so its key is that of the upload. */
export const sourceKey = (uploadId: string) => `sources/${uploadId}`;

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
