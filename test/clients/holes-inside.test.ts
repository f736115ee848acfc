import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { StackOptions } from '../../infra/local/stack.ts';
import { param, STAGE_PARAMS } from '../../infra/stages.ts';
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
    for (const [bucket, name] of [[SourcesBucket, 'SOURCE_DAYS'] as const, [ResultsBucket, 'RESULT_DAYS'] as const]) {
      const rules = [{ Status: 'Enabled', ExpirationInDays: param(name) }, {}];
      expect(bucket).toMatchObject({ Properties: { LifecycleConfiguration: { Rules: rules } } });
      expect(STAGE_PARAMS.default[name]).toBeGreaterThan(0);
    }
    expect(tableResource('prod', kept).Properties.TimeToLiveSpecification).toEqual({
      AttributeName: 'expiresAt',
      Enabled: true,
    });
  });

  it('hole 17: on one machine, too, files and records expire, and what is being built does not', async () => {
    const DAY_MS = 86_400_000;
    let aheadMs = 0;
    const controller = await newProcess({ clock: () => Date.now() + aheadMs });
    const passDays = async (days: number) => {
      aheadMs = days * DAY_MS;
      await controller.stack.runSchedule();
      aheadMs = 0;
    };
    try {
      const [worker, other] = [await controller.register(), await controller.register('other', ['android'])];
      const [ended, held] = [await controller.submit(), await controller.submit('android')];
      await controller.poll(worker);
      await controller.poll(other);
      await controller.complete(worker, ended.id);
      const answer = async (path: string, headers: Record<string, string> = controller.key) =>
        (await controller.request('GET', `/api/builds/${path}`, { headers })).status;
      const retry = async () => {
        const options = { headers: controller.key, json: {} };
        return (await controller.request('POST', `/api/builds/${ended.id}/retry`, options)).body.code;
      };
      await passDays(15);
      expect([await retry(), await answer(`${ended.id}/download`)]).toEqual(['source_gone', 200]);
      await passDays(31);
      expect([await answer(`${ended.id}/download`), await answer(`${ended.id}/status`)]).toEqual([404, 200]);
      await passDays(91);
      expect(await answer(`${ended.id}/status`)).toBe(404);
      expect(await answer(`${held.id}/source`, controller.as(other))).toBe(200);
    } finally {
      await controller.close();
    }
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
async function newProcess(options: Partial<StackOptions> = {}): Promise<Controller> {
  vi.resetModules();
  const { startController } = await import('../support/controller.ts');
  return startController(options);
}
