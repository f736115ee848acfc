import { createHash } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { deployedController, lendRole } from './deployed.ts';

/** Not every emulator judges who calls; ours does, or else nothing would be shown of the roles by all that works. */
if (inject('deployed').isOurs) {
  describe('what the emulator refuses', () => {
    it('is the work of a function whose role is another one', async () => {
      const { request, key } = deployedController();
      const list = async () => (await request('GET', '/api/builds', { headers: key })).status;
      expect(await list()).toBe(200);
      const restore = await lendRole('api/list-builds', 'api/not-found');
      try {
        expect(await list()).toBe(500);
      } finally {
        await restore();
      }
      expect(await list()).toBe(200);
    });

    it('is an upload of other bytes than were announced, or without our signature', async () => {
      const { request, key } = deployedController();
      const [announced, other] = [Buffer.from('as announced'), Buffer.from('another one!')];
      const json = { size: announced.length, sha256: createHash('sha256').update(announced).digest('hex') };
      const { body } = await request('POST', '/api/uploads', { headers: key, json });
      const put = async (url: string, bytes: Buffer) =>
        (await fetch(url, { method: 'PUT', headers: body.headers, body: new Uint8Array(bytes) })).status;
      const signature = /X-Amz-Signature=[0-9a-f]{4}/;
      expect(await put(body.url, other)).toBe(400);
      expect(await put(body.url.replace(signature, 'X-Amz-Signature=0000'), announced)).toBe(403);
      expect(await put(body.url.split('?')[0], announced)).toBe(403);
      expect(await put(body.url, announced)).toBe(200);
    });
  });
}
