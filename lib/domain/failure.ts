/**
 * Why a build did not succeed, for machines: retry rules hang on these names, so none is ever renamed. The sentence beside
 * it is for people.
 * - `build`: the worker reported that the build itself failed
 * - `upload`: the worker reported that it built, and that its result did not arrive
 * - `lost_worker`: its workers stopped answering, and no attempts are left
 * - `timeout_queue`: it waited too long
 * - `timeout_build`: one attempt worked too long
 * - `source_missing`, `unreadable`: it cannot be built by anybody
 * - `undeliverable`: its message ended among the dead letters
 * - `cancelled`: somebody cancelled it
 */
export const FAILURE_KINDS = [
  'build',
  'upload',
  'lost_worker',
  'timeout_queue',
  'timeout_build',
  'source_missing',
  'unreadable',
  'undeliverable',
  'cancelled',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What a worker may report; one that says nothing means the first. */
export const REPORTED_KINDS = ['build', 'upload'] as const satisfies readonly FailureKind[];
export type ReportedKind = (typeof REPORTED_KINDS)[number];

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
}
