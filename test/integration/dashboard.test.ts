import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleDashboard } from '../../infra/bundle-dashboard.ts';
import { type Controller, startController } from '../support/controller.ts';

describe('the dashboard', () => {
  let folder: string;
  let controller: Controller;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'buildlatch-page-'));
    await bundleDashboard(folder);
    controller = await startController({ settings: { PAGE_FOLDER: folder } });
  });
  afterAll(async () => {
    await controller.close();
    await rm(folder, { recursive: true, force: true });
  });

  const get = (path: string, encoding = 'br') =>
    controller.request('GET', path, { headers: { 'accept-encoding': encoding } });
  const addressesIn = (page: string) =>
    [...page.matchAll(/(?:src|href)="(dashboard\/[^"]+)"/g)].map(([, path]) => `/${path}`);

  it('is at the controller’s own address, for everybody, asked for anew each time', async () => {
    const { status, headers, text } = await get('/');
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect(text).toMatch(/^<!doctype html>/);
    expect((await controller.request('HEAD', '/')).status).toBe(200);
  });

  it('loads what its page names, from itself, and keeps it for ever', async () => {
    const addresses = addressesIn((await get('/')).text);
    expect(addresses.map((path) => path.replace(/-[A-Z0-9]{8}\./, '.')).sort()).toEqual([
      '/dashboard/main.js',
      '/dashboard/style.css',
    ]);
    for (const address of addresses) {
      const { status, headers } = await get(address);
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
  });

  it('comes as small as the reader can take it, and the same whichever way', async () => {
    const [address = ''] = addressesIn((await get('/')).text);
    const [br, gzip, plain] = [await get(address, 'br'), await get(address, 'gzip'), await get(address, 'identity')];
    const encodings = [br, gzip, plain].map(({ headers }) => headers.get('content-encoding'));
    expect(encodings).toEqual(['br', 'gzip', null]);
    expect([gzip.text, plain.text]).toEqual([br.text, br.text]);
    const bytes = [br, gzip, plain].map(({ headers }) => Number(headers.get('content-length')));
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    for (const { headers } of [br, gzip, plain]) expect(headers.get('vary')).toBe('accept-encoding');
  });

  it('lets no script in but its own, no markup, no frame around it, and nobody know where it is', async () => {
    const page = await get('/');
    for (const path of ['/', ...addressesIn(page.text)]) {
      const { headers } = await get(path);
      const policy = headers.get('content-security-policy')?.split('; ') ?? [];
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(policy.join()).not.toMatch(/unsafe|https?:|\*/);
      expect([
        headers.get('x-content-type-options'),
        headers.get('referrer-policy'),
        headers.get('cross-origin-opener-policy'),
      ]).toEqual(['nosniff', 'no-referrer', 'same-origin']);
    }
    expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });

  it.each([
    ['/dashboard/main-00000000.js', 404, 'not_found'],
    ['/dashboard/index.html.gz', 404, 'not_found'],
    ['/dashboard/..%2Findex.html', 400, 'invalid_request'],
    ['/dashboard/', 404, 'not_found'],
    ['/dashboard/a/b', 404, 'not_found'],
    ['/api/nothing', 404, 'not_found'],
    ['/nothing', 404, 'not_found'],
  ])('leaves %s to the API’s own words', async (path, status, code) => {
    const answer = await get(path);
    expect([answer.status, answer.body?.code]).toEqual([status, code]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});
