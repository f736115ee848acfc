import type { FakeController, Reply } from './client-fake-controller.ts';

/** Takes an upload and a submit, as a controller does: upload `u1` is build `b1`. */
export function serveSubmit(fake: FakeController): void {
  fake.on('POST /api/uploads', () => ({
    body: { upload_id: 'u1', method: 'PUT', url: `${fake.url}/store`, headers: { 'x-check': '1' }, expires_at: 0 },
  }));
  fake.on('PUT /store', () => ({}));
  fake.on('POST /api/builds', () => ({
    status: 201,
    body: { id: 'b1', status: 'pending', platform: 'ios', submitted_at: 0, access_token: 'build-token' },
  }));
}

export function buildStatus(more: object = {}): Reply {
  const build = { id: 'b1', platform: 'ios', worker_id: 'w1', attempt: 1, max_attempts: 3 };
  const times = { submitted_at: 0, started_at: 1, completed_at: 2 };
  const end = { status: 'completed', state: 'completed', error_message: null, failure_kind: null };
  return { body: { ...build, ...times, ...end, ...more } };
}

export function logPage(messages: readonly string[], cursor: string, isFinal: boolean): Reply {
  const logs = messages.map((message) => ({ timestamp: 0, level: 'info', message }));
  return { body: { build_id: 'b1', logs, next_cursor: cursor, is_final: isFinal } };
}
