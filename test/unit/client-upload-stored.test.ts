import { expect, it } from 'vitest';
import type { StoredUpload, Upload } from '../../lib/client/answers.ts';
import { ONCE } from '../../lib/client/retry.ts';
import { uploadFile } from '../../lib/client/transfer/upload-file.ts';
import { instantClock } from '../support/client-clock.ts';

const stored: StoredUpload = { upload_id: 'u1', is_stored: true };
const ticket: Upload = { upload_id: 'u2', url: 'http://127.0.0.1:9/', headers: {}, expires_at: 0 };

/** Of a file that is not there: whoever reads it fails. */
async function upload(size: number, answer: Upload | StoredUpload, more: object = {}) {
  const asked: string[] = [];
  const call = (name: string) => async () => {
    asked.push(name);
    throw new Error(`${name} was asked`);
  };
  const sent = uploadFile({
    baseUrl: 'http://127.0.0.1:9',
    path: '/nowhere',
    digest: { size, sha256: 'a'.repeat(64) },
    requestUpload: async () => {
      asked.push('request');
      return answer;
    },
    onStored: () => asked.push('stored'),
    parts: { begin: call('begin'), goOn: call('goOn'), complete: call('complete') },
    retry: ONCE,
    context: { clock: instantClock(), random: () => 0 },
    ...more,
  });
  return { id: await sent.catch(() => undefined), asked };
}

it.each([3, 100_000_001])('of %i bytes that are stored none is read or sent', async (size) => {
  expect(await upload(size, stored)).toEqual({ id: 'u1', asked: ['request', 'stored'] });
});

it('an upload in parts that broke off goes on, and nobody asks whether it is stored', async () => {
  const { asked } = await upload(100_000_001, ticket, { uploadId: 'u0' });
  expect(asked).toEqual(['goOn']);
});

it('who must upload a large file does not ask', async () => {
  const { asked } = await upload(100_000_001, stored, { onStored: undefined });
  expect(asked).toEqual([]);
});
