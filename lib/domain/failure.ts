/** Why a build failed, for machines. The sentence beside it is for people. */
export const FAILURE_KINDS = ['build', 'lost_worker', 'source_missing', 'unreadable', 'undeliverable'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];
