import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { bucketResources } from '../../infra/storage.ts';
import { tableResource } from '../../infra/tables.ts';
import { PUBLISHED_KEYS } from '../../lib/runtime/api-key.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import type { Controller } from '../support/controller.ts';
import { rawRequest } from '../support/raw-http.ts';
import { FOREIGN_URL } from './holes-world.ts';

/** What no answer of a controller shows; README.md says how each was seen red. */
describe.skipIf(FOREIGN_URL !== undefined)('holes that only show from the inside', () => {
  it('hole 11: a short key, and every key that was ever published, is refused at the start', async () => {
    for (const key of [undefined, '', 'sixteen-chars-ok', ...PUBLISHED_KEYS]) {
      expect(() => readEnv([], { CONTROLLER_API_KEY: key })).toThrow('CONTROLLER_API_KEY');
    }
  });

  it('hole 13: a restart forgets no waiting build, and hands out no held one', async () => {
    const first = await newProcess();
    const [held, waiting] = [await first.submit('ios'), await first.submit('android')];
    const holder = await first.register('mac', ['ios']);
    expect((await first.poll(holder)).body.job.id).toBe(held.id);
    await first.stack.close();
    const second = await newProcess({ dataDir: first.dataDir, apiKey: first.apiKey });
    try {
      const other = await second.register('other', ['ios', 'android']);
      expect((await second.poll(other)).body.job.id).toBe(waiting.id);
      const third = await second.register('third', ['ios', 'android']);
      await second.stack.runSchedule();
      expect((await second.poll(third)).body.job).toBeNull();
      expect((await second.complete(holder, held.id)).status).toBe(200);
      expect((await second.status(held.id)).status).toBe('completed');
    } finally {
      await second.close();
    }
  });

  it('hole 17: files expire, and so does everything in the table that says when', () => {
    const kept = { deletionPolicy: 'Retain', isProtected: true };
    const { SourcesBucket, ResultsBucket } = bucketResources('prod', kept);
    for (const bucket of [SourcesBucket, ResultsBucket]) {
      expect(bucket).toMatchObject({
        Properties: {
          LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: expect.any(Number) }, {}] },
        },
      });
    }
    expect(tableResource('prod', kept).Properties.TimeToLiveSpecification).toEqual({
      AttributeName: 'expiresAt',
      Enabled: true,
    });
  });

  it('hole 18: no path leads out of where the files are', async () => {
    const controller = await newProcess();
    try {
      const bucket = controller.stack.buckets.sources;
      const escapes = ['../', '..%2f', '%2e%2e/', '..%5c', '../../../../etc/'].flatMap((up) => [
        `/${bucket}/${up}credentials.json`,
        `/${bucket}/${up}${bucket}-beside/x`,
        `/${up}credentials.json`,
      ]);
      for (const path of escapes) {
        for (const method of ['GET', 'PUT']) {
          const answer = await rawRequest(controller.url, { method, path, headers: controller.key });
          expect.soft(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
          expect.soft(answer.status, `${method} ${path}`).toBeLessThan(500);
          expect.soft(answer.text, path).not.toContain('secretAccessKey');
        }
      }
      for (const upload_id of ['../beside/x', '..', 'a/b', '/etc/passwd', '..\\x']) {
        const json = { platform: 'ios', upload_id };
        const { status, body } = await controller.request('POST', '/api/builds', { headers: controller.key, json });
        expect.soft([status, body.code], upload_id).toEqual([400, 'invalid_request']);
      }
    } finally {
      await controller.close();
    }
  });

  it('hole 19: nothing that the controller is made of is ignored by git', () => {
    const git = (args: string[], input = '') =>
      execFileSync('git', args, { cwd: join(import.meta.dirname, '../..'), input, encoding: 'utf8' });
    const files = git(['ls-files', 'lib', 'functions', 'infra', 'test']);
    expect(files.split('\n').length).toBeGreaterThan(100);
    const ignored = git(['-c', 'core.quotePath=false', 'ls-files', '--cached', '--ignored', '--exclude-standard']);
    expect(ignored).toBe('');
    const lost = git(['ls-files', '--others', '--ignored', '--exclude-standard', 'lib', 'functions', 'infra']);
    expect(lost).toBe('');
  });
});

/** As a new process would have it: every module loaded afresh. */
async function newProcess(options: { dataDir?: string; apiKey?: string } = {}): Promise<Controller> {
  vi.resetModules();
  const { startController } = await import('../support/controller.ts');
  return startController(options);
}
