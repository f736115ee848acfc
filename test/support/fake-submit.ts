import type { FakeController } from './client-fake-controller.ts';

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
