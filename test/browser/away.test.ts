import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleDashboard } from '../../infra/bundle-dashboard.ts';
import { type ControllerProcess, startControllerProcess } from '../support/fault-process.ts';
import { barriers, launch, open, picture, signIn } from './browser.ts';

const KEY = 'k'.repeat(43);
/** What Chromium itself writes of requests that nobody answers. */
const GONE = /^Failed to load resource: net::ERR_/;

describe('a controller that goes away', () => {
  let folder: string;
  let browser: Browser;
  let running: ControllerProcess | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'buildlatch-away-'));
    await bundleDashboard(join(folder, 'page'));
    browser = await launch();
  });
  afterAll(async () => {
    running?.signal('SIGKILL');
    await running?.ended;
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(port = '0'): Promise<ControllerProcess> {
    const settings = { PAGE_FOLDER: join(folder, 'page'), PORT: port };
    running = await startControllerProcess(join(folder, 'data'), KEY, settings);
    return running;
  }

  it('is missed, what was known stays, and it is found again without a reload', async () => {
    const first = await start();
    const { port } = new URL(first.http.url);
    await first.http.register('mini-1');
    const watched = await open(browser, first.http.url, {}, GONE);
    const { page, requests } = watched;
    await signIn(watched, KEY);
    await page.getByRole('heading', { name: 'mini-1' }).waitFor();

    first.signal('SIGTERM');
    await first.ended;
    const said = page.getByText('The controller cannot be reached');
    await said.waitFor();
    expect(await page.getByRole('heading', { name: 'mini-1' }).isVisible()).toBe(true);
    expect(await barriers(watched)).toEqual([]);
    await picture(watched, 'now-away');

    const second = await start(port);
    await second.http.register('mini-2');
    await said.waitFor({ state: 'detached', timeout: 40_000 });
    await page.getByRole('heading', { name: 'mini-2' }).waitFor({ timeout: 40_000 });
    expect(requests.filter((asked) => asked === 'GET /')).toHaveLength(1);
    expect(watched.faults).toEqual([]);
    await watched.close();
    second.signal('SIGTERM');
    await second.ended;
  }, 120_000);

  it('while a kept key is tried leaves the key kept, and the page goes on by itself', async () => {
    const first = await start();
    const watched = await open(browser, first.http.url, {}, GONE);
    const { page } = watched;
    await signIn(watched, KEY, true);
    await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
    await page.route('**/api/**', (route) => route.abort('connectionrefused'));
    await page.reload();
    await page.getByText('The controller cannot be reached').waitFor();
    await page.unroute('**/api/**');
    await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor({ timeout: 40_000 });
    expect(watched.faults).toEqual([]);
    await watched.close();
  }, 120_000);
});
