import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { BuildStore, Grant, Hint, Message, WorkerStore } from '../../lib/app/ports.ts';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import type { Build, BuildState, Holder, ResultFile } from '../../lib/domain/build.ts';
import type { Worker } from '../../lib/domain/worker.ts';
import type { BuildGate } from '../../lib/runtime/admission.ts';
import { keyRing } from '../../lib/runtime/key-ring.ts';
import { BUILD_TOKEN_MS } from './settings.ts';

/** A Tuesday at noon. */
export const NOW = Date.UTC(2026, 0, 6, 12);
export const SHA = 'ab'.repeat(32);

export const aHolder = (changes: Partial<Holder> = {}): Holder => ({
  workerId: 'worker-1',
  workerName: 'mac mini',
  assignmentId: 'assignment-1',
  tokenHash: 'hash-of-worker-1',
  ...changes,
});

export const aResult = (changes: Partial<ResultFile> = {}): ResultFile => ({
  key: 'results/build-1/1/1-upload',
  size: 20,
  sha256: SHA,
  filename: 'build-1.ipa',
  ...changes,
});

const SUBMITTED: Build = {
  id: 'build-1',
  platform: 'ios',
  state: 'pending',
  attempt: 0,
  submittedAt: NOW - 60_000,
  queuedAt: NOW - 60_000,
  spentAttempts: 0,
  sends: 1,
  tokenHashes: ['hash-of-build-token'],
  source: { key: 'sources/upload-1', size: 10, sha256: SHA },
};

/** What a build in each state is made of, on its first attempt. */
const PARTS: Record<BuildState, Partial<Build>> = {
  pending: {},
  assigned: { attempt: 1, holder: aHolder(), startedAt: NOW - 30_000, leaseUntil: NOW + 60_000 },
  building: { attempt: 1, holder: aHolder(), startedAt: NOW - 30_000, leaseUntil: NOW + 60_000 },
  completed: { attempt: 1, holder: aHolder(), startedAt: NOW - 30_000, finishedAt: NOW - 10_000, result: aResult() },
  failed: {
    attempt: 1,
    holder: aHolder(),
    startedAt: NOW - 30_000,
    finishedAt: NOW - 10_000,
    failure: { kind: 'build', message: 'xcodebuild: 65' },
  },
  cancelled: { attempt: 1, holder: aHolder(), startedAt: NOW - 30_000, finishedAt: NOW - 10_000 },
};

export const aBuild = (state: BuildState = 'pending', changes: Partial<Build> = {}): Build => ({
  ...SUBMITTED,
  ...PARTS[state],
  state,
  ...changes,
});

export const aWorker = (changes: Partial<Worker> = {}): Worker => ({
  id: 'worker-1',
  name: 'mac mini',
  platforms: ['ios'],
  epoch: 1,
  registeredAt: NOW - 600_000,
  lastSeenAt: NOW - 1_000,
  token: { hash: 'hash-of-worker-1', expiresAt: NOW + 600_000 },
  strikes: 0,
  isDraining: false,
  completedBuilds: 0,
  failedBuilds: 0,
  ...changes,
});

export const aHint = (changes: Partial<Hint> = {}): Hint => ({
  buildId: 'build-1',
  attempt: 0,
  platform: 'ios',
  submittedAt: NOW - 60_000,
  sourceSize: 10,
  sourceSha256: SHA,
  ...changes,
});

/** What a message of this build says. */
export const hintOf = ({ id: buildId, attempt, platform, submittedAt, source }: Build): Hint =>
  aHint({
    buildId,
    attempt,
    platform,
    submittedAt,
    ...(source && { sourceSize: source.size, sourceSha256: source.sha256 }),
  });

export const aMessage = (changes: Partial<Message> = {}): Message => ({
  id: 'message-1',
  receipt: 'receipt-1',
  platform: 'ios',
  hint: aHint(),
  receives: 1,
  sentAt: NOW - 5_000,
  ...changes,
});

export const aGrant = (changes: Partial<Grant> = {}): Grant => ({
  buildId: 'build-1',
  attempt: 0,
  maxAttempts: 3,
  holder: aHolder(),
  workerEpoch: 1,
  platform: 'ios',
  labels: [],
  strikes: 0,
  timed: { builds: 0, ms: 0 },
  otpHash: 'hash-of-otp',
  otpExpiresAt: NOW + 600_000,
  now: NOW,
  leaseUntil: NOW + 1_800_000,
  dueAt: NOW + 90_000,
  ...changes,
});

/** An event of the HTTP API. */
export function anEvent(changes: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  const [method = 'GET', path = '/'] = (changes.routeKey ?? 'GET /').split(' ');
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' };
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'test',
      domainPrefix: 'test',
      http,
      requestId: 'request-1',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '06/Jan/2026:12:00:00 +0000',
      timeEpoch: NOW,
    },
    ...changes,
  };
}

export function aContext(remainingMs = 5_000): Context {
  const never = () => {
    throw new Error('no callbacks');
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'test',
    functionVersion: '1',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
    memoryLimitInMB: '256',
    awsRequestId: 'request-1',
    logGroupName: 'test',
    logStreamName: 'test',
    getRemainingTimeInMillis: () => remainingMs,
    done: never,
    fail: never,
    succeed: never,
  };
}

export const aKey = (changes: Partial<ApiKey> = {}): ApiKey => ({
  id: 'key-1'.padEnd(21, '0'),
  name: 'the pipeline',
  scopes: ['submit'],
  hash: 'hash-of-key-1',
  createdAt: NOW - 86_400_000,
  createdBy: 'root',
  ...changes,
});

/** Stores that have only what a test gives them. */
interface Stored {
  readonly builds?: Partial<BuildStore>;
  readonly workers?: Partial<WorkerStore>;
  readonly keys?: readonly ApiKey[];
}

export function aGate({ builds = {}, workers = {}, keys = [] }: Stored = {}): BuildGate {
  return {
    keyOf: keyRing('k'.repeat(43), { get: async (id) => keys.find((key) => key.id === id) }, () => NOW),
    builds: builds as BuildStore,
    workers: workers as WorkerStore,
    clock: () => NOW,
    buildTokenMs: BUILD_TOKEN_MS,
  };
}
