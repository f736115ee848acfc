import { createHash } from 'node:crypto';
import type { FakeController, Reply } from './client-fake-controller.ts';
import { makeZip, type ZipEntry } from './client-zip.ts';

export const POLL = 'GET /api/workers/poll';
export const REGISTER = 'POST /api/workers/register';
export const UNREGISTER = 'POST /api/workers/unregister';
export const HEARTBEAT = 'POST /api/builds/:id/heartbeat';
export const LOGS = 'POST /api/builds/:id/logs';
export const SOURCE = 'GET /api/builds/:id/source';
export const CERTS = 'GET /api/builds/:id/certs-secure';
export const UPLOADS = 'POST /api/builds/:id/uploads';
export const PUT = 'PUT /store/:id';
export const RESULT = 'POST /api/workers/result';

export interface FakeBuild {
  readonly command: string;
  readonly artifact?: string;
  readonly files?: readonly ZipEntry[];
  readonly leaseMs?: number;
  /** The answer of certs-secure. */
  readonly certs?: object;
}

export const refused = (status: number, code: string, error = code): Reply => ({
  status,
  body: { error, code, requestId: 'r-1' },
});
export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The worker's side of a controller, with one build to give. Each route can be replaced after. */
export function serveBuild(fake: FakeController, build: FakeBuild): void {
  const { command, artifact = 'out.txt', leaseMs = 600_000 } = build;
  const project = { name: 'buildlatch.json', data: JSON.stringify({ command, artifact }) };
  const source = makeZip([project, ...(build.files ?? [])]);
  const token = 'worker-token-1';
  let isGiven = false;
  fake.on(REGISTER, () => ({
    body: {
      id: 'w1',
      workerID: 'w1',
      access_token: token,
      status: 'registered',
      message: '',
      heartbeat_seconds: 5,
      lease_seconds: leaseMs / 1000,
      next_poll_ms: 1000,
    },
  }));
  fake.on(POLL, () => {
    const job = {
      id: 'b1',
      platform: 'ios',
      source_url: '/api/builds/b1/source',
      certs_url: build.certs ? '/api/builds/b1/certs' : null,
      submitted_at: 0,
      otp: 'o',
      attempt: 2,
      max_attempts: 3,
      source_sha256: sha256(source),
      source_size: source.length,
      lease_until: Date.now() + leaseMs,
      heartbeat_seconds: 5,
    };
    const answer = { job: isGiven ? null : job, access_token: token, next_poll_ms: 1000 };
    isGiven = true;
    return { body: answer };
  });
  if (build.certs) fake.on(CERTS, () => ({ body: build.certs }));
  fake.on(SOURCE, () => ({ body: source }));
  fake.on(UNREGISTER, () => ({ body: { success: true, message: '', builds_reassigned: 0 } }));
  fake.on(HEARTBEAT, () => ({ body: { status: 'ok', timestamp: Date.now(), lease_until: Date.now() + leaseMs } }));
  fake.on(LOGS, ({ json }) => ({ body: { success: true, count: (json['logs'] as unknown[]).length } }));
  fake.on(UPLOADS, () => ({
    body: {
      upload_id: 'u1',
      method: 'PUT',
      url: `${fake.url}/store/u1`,
      headers: { 'x-amz-checksum': 'abc' },
      expires_at: Date.now() + 900_000,
    },
  }));
  fake.on(PUT, () => ({}));
  fake.on(RESULT, ({ json }) => ({
    body: { status: json['success'] ? 'success' : 'failed', success: json['success'], message: '' },
  }));
}

/** Every line the worker has sent, as `level message`. */
export function loggedLines(fake: FakeController): string[] {
  const batches = fake.seen(LOGS).map(({ json }) => json['logs'] as { level: string; message: string }[]);
  return batches.flat().map(({ level, message }) => `${level} ${message}`);
}
