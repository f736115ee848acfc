import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { BUILD_STATES, type Build, PLATFORMS } from '../../domain/build.ts';
import { FAILURE_KINDS } from '../../domain/failure.ts';
import { Rejection } from '../../domain/rejection.ts';
import { buildKey, listedAt, listPartition } from './keys.ts';

const count = z.number().check(z.int(), z.nonnegative());
const text = z.string().check(z.minLength(1));

const BuildItem = z.object({
  id: text,
  platform: z.enum(PLATFORMS),
  state: z.enum(BUILD_STATES),
  attempt: count,
  submittedAt: count,
  queuedAt: count,
  spentAttempts: count,
  sends: z._default(count, 0),
  tokenHashes: z.array(text),
  sourceKey: z.optional(text),
  sourceSize: z.optional(count),
  sourceSha256: z.optional(text),
  certsKey: z.optional(text),
  certsFingerprint: z.optional(text),
  certsSealedKey: z.optional(text),
  workerId: z.optional(text),
  workerName: z.optional(z.string()),
  assignmentId: z.optional(text),
  workerTokenHash: z.optional(text),
  otpHash: z.optional(text),
  otpExpiresAt: z.optional(count),
  otpWrongTries: z.optional(count),
  otpUsedAt: z.optional(count),
  vmTokenHash: z.optional(text),
  beatTokenHash: z.optional(text),
  vmReadyAt: z.optional(count),
  startedAt: z.optional(count),
  buildingSince: z.optional(count),
  leaseUntil: z.optional(count),
  finishedAt: z.optional(count),
  failureKind: z.optional(z.enum(FAILURE_KINDS)),
  failureMessage: z.optional(z.string()),
  resultKey: z.optional(text),
  resultSize: z.optional(count),
  resultSha256: z.optional(text),
  resultFilename: z.optional(text),
  submittedBy: z.optional(text),
  originalBuildId: z.optional(text),
  labels: z.optional(z.array(text)),
  priority: z.optional(count),
  rank: z.optional(z.int()),
});

/** Reads a stored build. Refuses a record that cannot be understood (`unreadable_record`), naming fields, never values. */
export function fromBuildItem(item: Record<string, AttributeValue>): Build {
  const parsed = z.safeParse(BuildItem, unmarshall(item));
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    const name = item['pk']?.S ?? '(no key)';
    throw new Rejection('unreadable_record', `The record ${name} cannot be read: ${fields}`);
  }
  const { data } = parsed;
  const build = {
    id: data.id,
    platform: data.platform,
    state: data.state,
    attempt: data.attempt,
    submittedAt: data.submittedAt,
    queuedAt: data.queuedAt,
    spentAttempts: data.spentAttempts,
    sends: data.sends,
    tokenHashes: data.tokenHashes,
    source: whole({ key: data.sourceKey, size: data.sourceSize, sha256: data.sourceSha256 }),
    certs: data.certsKey !== undefined && data.certsFingerprint !== undefined ? certsOf(data) : undefined,
    holder: data.workerId !== undefined && data.assignmentId !== undefined ? holderOf(data) : undefined,
    otp: otpOf(data),
    vm: vmOf(data),
    startedAt: data.startedAt,
    buildingSince: data.buildingSince,
    leaseUntil: data.leaseUntil,
    finishedAt: data.finishedAt,
    failure: data.failureKind && { kind: data.failureKind, message: data.failureMessage ?? '' },
    result: whole({
      key: data.resultKey,
      size: data.resultSize,
      sha256: data.resultSha256,
      filename: data.resultFilename,
    }),
    submittedBy: data.submittedBy,
    originalBuildId: data.originalBuildId,
    labels: data.labels,
    priority: data.priority,
    rank: data.rank,
  };
  return withoutUndefined(build);
}

/** Whether that is why a read failed. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof Rejection && error.code === 'unreadable_record';
}

/** The attributes that a new build is created with; later changes name what they touch. */
export function toBuildItem(build: Build) {
  return {
    ...buildKey(build.id),
    id: build.id,
    platform: build.platform,
    state: build.state,
    attempt: build.attempt,
    submittedAt: build.submittedAt,
    queuedAt: build.queuedAt,
    spentAttempts: build.spentAttempts,
    sends: build.sends,
    tokenHashes: [...build.tokenHashes],
    sourceKey: build.source?.key,
    sourceSize: build.source?.size,
    sourceSha256: build.source?.sha256,
    submittedBy: build.submittedBy,
    certsKey: build.certs?.key,
    certsFingerprint: build.certs?.fingerprint,
    certsSealedKey: build.certs?.sealedKey,
    originalBuildId: build.originalBuildId,
    labels: build.labels && [...build.labels],
    priority: build.priority,
    rank: build.rank,
    listPartition: listPartition('builds'),
    listedAt: listedAt(build.submittedAt, build.id),
  };
}

function holderOf(data: z.output<typeof BuildItem>) {
  return withoutUndefined({
    workerId: data.workerId ?? '',
    workerName: data.workerName ?? '',
    assignmentId: data.assignmentId ?? '',
    tokenHash: data.workerTokenHash,
  });
}

function otpOf({ otpHash, otpExpiresAt, otpWrongTries, otpUsedAt }: z.output<typeof BuildItem>) {
  const issued = whole({ hash: otpHash, expiresAt: otpExpiresAt, wrongTries: otpWrongTries });
  return issued && withoutUndefined({ ...issued, usedAt: otpUsedAt });
}

function vmOf({ vmTokenHash, beatTokenHash, vmReadyAt }: z.output<typeof BuildItem>) {
  const admitted = whole({ tokenHash: vmTokenHash, beatTokenHash });
  return admitted && withoutUndefined({ ...admitted, readyAt: vmReadyAt });
}

function certsOf({
  certsKey: key = '',
  certsFingerprint: fingerprint = '',
  certsSealedKey,
}: z.output<typeof BuildItem>) {
  return withoutUndefined({ key, fingerprint, sealedKey: certsSealedKey });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** All fields, or nothing: half a file is none. */
function whole<T extends object>(fields: T): Defined<T> | undefined {
  return Object.values(fields).every((value) => value !== undefined) ? (fields as Defined<T>) : undefined;
}

type WithoutUndefined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function withoutUndefined<T extends object>(object: T): WithoutUndefined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as WithoutUndefined<T>;
}
