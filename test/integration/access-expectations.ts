import type { Endpoint } from '../../lib/runtime/access.ts';
import type { AccessScene, CredentialKind, Held } from '../support/access-scene.ts';
import { type Answer, PROFILES } from './access-profiles.ts';

/**
 * What each endpoint must answer to each kind of credential: said here once more, in other words than the access table's,
 * and asked over HTTP by `access.test.ts`. An endpoint without a line here does not compile.
 */

interface Expected {
  readonly opensTo: keyof typeof PROFILES;
  /** What whoever is let in is answered: a success, or a refusal that shows that the request itself was looked at. */
  readonly answer: readonly [status: number, code?: string];
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string | ((scene: AccessScene, held: Held) => string);
  readonly json?: object | ((scene: AccessScene, held: Held) => object);
  /** What must be beside any credential. */
  readonly beside?: (held: Held) => Readonly<Record<string, string>>;
  /** What it is asked about is not the same afterwards: each who is let in gets a build and a worker of its own. */
  readonly changesAll?: true;
}

const ofBuild =
  (rest: string) =>
  (_scene: AccessScene, { build }: Held) =>
    `/api/builds/${build.id}${rest}`;
const aboutBuild =
  (json: object = {}) =>
  (_scene: AccessScene, { build }: Held) => ({ build_id: build.id, ...json });
const ofIdleWorker =
  (folder: string, rest = '') =>
  ({ workers }: AccessScene) =>
    `${folder}/${workers.idle.id}${rest}`;
const FILE = { size: 1, sha256: 'ab'.repeat(32) };
const NO_UPLOAD = `1-${'u'.repeat(21)}`;

const SOURCE_UPLOAD = { opensTo: 'who submits', answer: [404, 'upload_not_found'] } as const;
const RESULT_UPLOAD = { opensTo: 'the holder or its machine', answer: [404, 'upload_not_found'] } as const;

export const EXPECTED = {
  health: { opensTo: 'anyone', answer: [200], method: 'GET', path: '/health' },
  'describe-api': { opensTo: 'anyone', answer: [200], method: 'GET', path: '/openapi.json' },
  stats: { opensTo: 'anyone', answer: [200], method: 'GET', path: '/api/stats' },
  'show-dashboard': { opensTo: 'anyone', answer: [200], method: 'GET', path: '/' },
  'not-found': { opensTo: 'anyone', answer: [404, 'not_found'], method: 'GET', path: '/api/nothing' },

  'create-source-upload': { opensTo: 'who submits', answer: [200], method: 'POST', path: '/api/uploads', json: FILE },
  'continue-source-upload': { ...SOURCE_UPLOAD, method: 'GET', path: `/api/uploads/${NO_UPLOAD}` },
  'complete-source-upload': { ...SOURCE_UPLOAD, method: 'POST', path: `/api/uploads/${NO_UPLOAD}/complete` },
  'abort-source-upload': { ...SOURCE_UPLOAD, method: 'DELETE', path: `/api/uploads/${NO_UPLOAD}` },
  'submit-build': {
    opensTo: 'who submits',
    answer: [400, 'upload_missing'],
    method: 'POST',
    path: '/api/builds/submit',
    json: { platform: 'ios', upload_id: NO_UPLOAD },
  },
  'list-builds': { opensTo: 'who reads', answer: [200], method: 'GET', path: '/api/builds' },
  'list-queues': { opensTo: 'who reads', answer: [200], method: 'GET', path: '/api/queues' },
  'pause-queue': {
    opensTo: 'who administers',
    answer: [200],
    method: 'POST',
    path: '/api/queues/android/pause',
    json: { reason: 'an update' },
  },
  'resume-queue': { opensTo: 'who administers', answer: [200], method: 'POST', path: '/api/queues/android/resume' },

  'list-active-builds': { opensTo: 'who reads', answer: [200], method: 'GET', path: '/api/builds/active' },
  'count-builds': { opensTo: 'who reads', answer: [200], method: 'GET', path: '/api/builds/statistics' },

  'show-build': { opensTo: 'who reads the build', answer: [200], method: 'GET', path: ofBuild('') },
  'build-status': { opensTo: 'who reads the build', answer: [200], method: 'GET', path: ofBuild('/status') },
  'queue-place': { opensTo: 'who reads the build', answer: [200], method: 'GET', path: ofBuild('/queue') },
  'build-events': { opensTo: 'who reads the build', answer: [200], method: 'GET', path: ofBuild('/events') },
  'read-logs': { opensTo: 'who reads the build', answer: [200], method: 'GET', path: ofBuild('/logs') },
  'download-result': {
    opensTo: 'who reads the build',
    answer: [400, 'build_not_completed'],
    method: 'GET',
    path: ofBuild('/download'),
  },
  'download-own-source': {
    opensTo: 'who reads the build',
    answer: [200],
    method: 'GET',
    path: ofBuild('/download/source'),
  },
  'link-file': {
    opensTo: 'who reads the build',
    answer: [400, 'build_not_completed'],
    method: 'GET',
    path: ofBuild('/link'),
  },
  'cancel-build': {
    opensTo: 'who submitted the build',
    answer: [200],
    method: 'POST',
    path: ofBuild('/cancel'),
    changesAll: true,
  },
  'retry-build': {
    opensTo: 'who submitted the build',
    answer: [400, 'not_finished'],
    method: 'POST',
    path: ofBuild('/retry'),
  },

  'show-own-key': { opensTo: 'anyone with a key', answer: [200], method: 'GET', path: '/api/keys/self' },
  'create-key': {
    opensTo: 'who administers',
    answer: [201],
    method: 'POST',
    path: '/api/keys',
    json: { name: 'one more', scopes: ['read'] },
  },
  'list-keys': { opensTo: 'who administers', answer: [200], method: 'GET', path: '/api/keys' },
  'revoke-key': {
    opensTo: 'who administers',
    answer: [200],
    method: 'POST',
    path: ({ keys }) => `/api/keys/${keys.revoked.slice(0, 21)}/revoke`,
  },
  'list-dead-letters': { opensTo: 'who administers', answer: [200], method: 'GET', path: '/api/dead-letters' },
  'redrive-dead-letters': {
    opensTo: 'who administers',
    answer: [200],
    method: 'POST',
    path: '/api/dead-letters/redrive',
  },

  'register-worker': {
    opensTo: 'who works',
    answer: [200],
    method: 'POST',
    path: '/api/workers/register',
    json: { name: 'another', capabilities: {} },
  },
  'list-workers': { opensTo: 'who reads', answer: [200], method: 'GET', path: '/api/workers' },
  'worker-stats': { opensTo: 'who works', answer: [200], method: 'GET', path: ofIdleWorker('/api/workers', '/stats') },
  'store-diagnostics': {
    opensTo: 'who works as any',
    answer: [200],
    method: 'POST',
    path: '/api/diagnostics/report',
    json: ({ workers }) => ({ worker_id: workers.idle.id, status: 'healthy', duration_ms: 1, checks: [] }),
  },
  'list-diagnostics': { opensTo: 'who reads', answer: [200], method: 'GET', path: ofIdleWorker('/api/diagnostics') },
  'latest-diagnostics': {
    opensTo: 'who reads',
    answer: [404, 'worker_not_found'],
    method: 'GET',
    path: ({ workers }) => `/api/diagnostics/${workers.revoked.id}/latest`,
  },
  'drain-worker': {
    opensTo: 'who administers',
    answer: [200],
    method: 'POST',
    path: ({ workers }) => `/api/workers/${workers.idle.id}/drain`,
  },
  'revoke-worker': {
    opensTo: 'who administers',
    answer: [404, 'worker_not_found'],
    method: 'POST',
    path: ({ workers }) => `/api/workers/${workers.revoked.id}/revoke`,
  },
  poll: { opensTo: 'a worker', answer: [200], method: 'GET', path: '/api/workers/poll' },
  'unregister-worker': {
    opensTo: 'a worker about itself',
    answer: [200],
    method: 'POST',
    path: '/api/workers/unregister',
    changesAll: true,
  },

  // A used password, or a wrong one where one was used, is nothing to guess at: refused, and not counted.
  'authenticate-vm': {
    opensTo: 'anyone',
    answer: [401, 'otp_refused'],
    method: 'POST',
    path: ofBuild('/authenticate'),
    json: { otp: 'x' },
  },
  'vm-status': { opensTo: 'anyone', answer: [200], method: 'GET', path: ofBuild('/vm-status') },
  'vm-ready': { opensTo: 'its machine alone', answer: [200], method: 'POST', path: ofBuild('/vm-ready') },
  'upload-artifact': {
    opensTo: 'its machine alone',
    answer: [400, 'upload_missing'],
    method: 'POST',
    path: ofBuild('/artifact'),
    json: { upload_id: NO_UPLOAD },
  },
  'record-telemetry': {
    opensTo: 'who says that it lives, or only names it',
    answer: [200],
    method: 'POST',
    path: ofBuild('/telemetry'),
    json: { type: 'heartbeat' },
  },
  'read-metrics': { opensTo: 'who reads the build', answer: [200], method: 'GET', path: ofBuild('/metrics') },

  heartbeat: { opensTo: 'who says that it lives', answer: [200], method: 'POST', path: ofBuild('/heartbeat') },
  'append-logs': {
    opensTo: 'the holder or its machine',
    answer: [200],
    method: 'POST',
    path: ofBuild('/logs'),
    json: { level: 'info', message: 'a line' },
  },
  'download-source': { opensTo: 'the holder or its machine', answer: [200], method: 'GET', path: ofBuild('/source') },
  'download-certs': {
    opensTo: 'the holder or its machine, in the old words',
    answer: [404, 'certs_not_found'],
    method: 'GET',
    path: ofBuild('/certs'),
  },
  'read-certs': {
    opensTo: 'the holder or its machine, in the old words',
    answer: [404, 'certs_not_found'],
    method: 'GET',
    path: ofBuild('/certs-secure'),
    beside: ({ build }) => ({ 'x-build-id': build.id }),
  },
  'create-result-upload': {
    opensTo: 'the holder or its machine',
    answer: [200],
    method: 'POST',
    path: ofBuild('/uploads'),
    json: FILE,
  },
  'continue-result-upload': { ...RESULT_UPLOAD, method: 'GET', path: ofBuild(`/uploads/${NO_UPLOAD}`) },
  'complete-result-upload': { ...RESULT_UPLOAD, method: 'POST', path: ofBuild(`/uploads/${NO_UPLOAD}/complete`) },
  'abort-result-upload': { ...RESULT_UPLOAD, method: 'DELETE', path: ofBuild(`/uploads/${NO_UPLOAD}`) },
  'finish-build': {
    opensTo: 'the holder',
    answer: [200],
    method: 'POST',
    path: '/api/workers/result',
    json: aboutBuild({ success: false }),
    changesAll: true,
  },
  'fail-build': {
    opensTo: 'the holder',
    answer: [200],
    method: 'POST',
    path: '/api/workers/fail',
    json: aboutBuild(),
    changesAll: true,
  },
  'abandon-build': {
    opensTo: 'the holder',
    answer: [200],
    method: 'POST',
    path: '/api/workers/abandon',
    json: aboutBuild(),
    changesAll: true,
  },
} as const satisfies Record<Endpoint, Expected>;

export const expectedOf = (endpoint: Endpoint): Expected => EXPECTED[endpoint];
export const answerFor = (endpoint: Endpoint, kind: CredentialKind): Answer =>
  PROFILES[expectedOf(endpoint).opensTo][kind];
