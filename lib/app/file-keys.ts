import type { Build } from '../domain/build.ts';

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

/** The old clients' tests look for these endings. */
export const resultName = ({ id, platform }: Pick<Build, 'id' | 'platform'>) =>
  `${id}.${platform === 'ios' ? 'ipa' : 'apk'}`;
