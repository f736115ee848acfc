import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { barriers, overflow, picture, type Watched } from './browser.ts';
import { LOOKS, visits } from './visits.ts';

const state = ({ page }: Watched) => page.locator('.heading .badge');
const log = ({ page }: Watched) => page.getByRole('log');
/** What strangers may send in every place that takes text. */
const HOSTILE = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>&lt;b&gt;'"`;

describe('a build', () => {
  const { scene, enter } = visits();
  const open = (id: string, options: Parameters<typeof enter>[2] = {}) =>
    enter(`/#/builds/${id}`, `Build ${id}`, options);

  /** A build in the hands of a worker that does what the test says. */
  async function held(name: string, platform: 'ios' | 'android' = 'android') {
    const { register, poll, as, request } = scene();
    await scene().submit(platform);
    const worker = await register(name, [platform]);
    // It may be one that an earlier test left in the queue.
    const build = String((await poll(worker)).body.job.id);
    const say = (...logs: object[]) =>
      request('POST', `/api/builds/${build}/logs`, { headers: as(worker), json: { logs } });
    const fail = (message: string) =>
      request('POST', '/api/workers/result', {
        headers: as(worker),
        json: { build_id: build, success: false, error_message: message },
      });
    return { id: build, worker, say, fail };
  }

  it('is followed from the queue to its result, without a reload', async () => {
    const id = await scene().submit('ios', { labels: 'team=red', priority: '3' });
    const watched = await open(id);
    const { page } = watched;
    await page.getByText('It is the next one. No worker that could build it is online.').waitFor();
    expect(await state(watched).textContent()).toBe('pending');

    scene().work({ name: 'mini-1', labels: ['team=red'] });
    await state(watched).filter({ hasText: 'building' }).waitFor();
    await log(watched).getByText('begun', { exact: true }).waitFor();
    await log(watched).getByText('Attempt 1 · worker mini-1').waitFor();
    await picture(watched, 'build-running');

    await scene().release();
    await state(watched).filter({ hasText: 'completed' }).waitFor();
    await page.getByText('It is done.').waitFor();
    for (const which of ['result', 'source']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Download the ${which}` }).click(),
      ]);
      const bytes = await readFile(await download.path());
      const digest = createHash('sha256').update(bytes).digest('hex');
      expect(digest).toBe(await page.getByLabel(`SHA-256 of the ${which}`, { exact: true }).textContent());
      expect(download.url()).not.toContain(scene().apiKey);
      expect(download.suggestedFilename()).toBe(which === 'result' ? 'out.txt' : `${id}.zip`);
    }
    await page.getByText('more may come').waitFor({ state: 'detached' });
  });

  it('is cancelled when that is confirmed, and tried again as a new build', async () => {
    const { id } = await held('mini-2');
    const watched = await open(id);
    const { page } = watched;
    await page.getByRole('button', { name: 'Cancel build' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('mini-2 stops at its next sign of life').waitFor();
    expect(await barriers(watched)).toEqual([]);
    await picture(watched, 'build-cancel');
    await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
    expect((await scene().status(id)).state).toBe('assigned');

    await page.getByRole('button', { name: 'Cancel build' }).click();
    await dialog.getByRole('button', { name: 'Cancel the build' }).click();
    await state(watched).filter({ hasText: 'cancelled' }).waitFor();
    expect((await scene().status(id)).state).toBe('cancelled');

    await page.getByRole('button', { name: 'Retry' }).click();
    await dialog.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('link', { name: id }).waitFor();
    const again = new URL(page.url()).hash.replace('#/builds/', '');
    expect(await scene().status(again)).toMatchObject({ state: 'pending', original_build_id: id });
    await page.getByRole('link', { name: id }).click();
    await page.getByText(`tried again as ${again}`).waitFor();
  });

  it('is tried again once when the answer was lost and the button is pressed a second time', async () => {
    const { id, fail } = await held('mini-5');
    await fail('it broke');
    const watched = await open(id, { expected: /ERR_|Failed to load/ });
    const { page } = watched;
    const made: string[] = [];
    await page.route('**/retry', async (route) => {
      const answer = await route.fetch();
      const again = String((await answer.json()).id);
      made.push(again);
      // The build is over before anybody heard of it.
      await scene().request('POST', `/api/builds/${again}/cancel`, { headers: scene().key, json: {} });
      await (made.length === 1 ? route.abort() : route.fulfill({ response: answer }));
    });
    await page.getByRole('button', { name: 'Retry' }).click();
    const retry = page.getByRole('dialog').getByRole('button', { name: 'Retry' });
    await retry.click();
    await page.getByRole('dialog').getByText('The controller cannot be reached').waitFor();
    await retry.click();
    await page.getByRole('link', { name: id }).waitFor();
    expect(made).toEqual([made[0], made[0]]);
  });

  it('says in the dialog what the controller refuses', async () => {
    const { id, fail } = await held('mini-3');
    const watched = await open(id, { expected: /\b40[09]\b/ });
    await watched.page.getByRole('button', { name: 'Cancel build' }).click();
    await fail('it broke');
    await watched.page.getByRole('dialog').getByRole('button', { name: 'Cancel the build' }).click();
    await watched.page
      .getByRole('dialog')
      .getByText(/finished|already/i)
      .waitFor();
    await watched.page.keyboard.press('Escape');
    await watched.page.locator('.banner').getByText('it broke').waitFor();
  });

  it('can only be looked at with a key that may only look', async () => {
    const { id } = await held('mini-4');
    const watched = await open(id, { key: await scene().newKey('read') });
    const button = watched.page.getByRole('button', { name: 'Cancel build' });
    expect([await button.isDisabled(), await button.getAttribute('title')]).toEqual([
      true,
      'This needs a key with the scope submit',
    ]);
  });

  it('shows what strangers wrote as text, wherever it stands', async () => {
    const { id, say, fail } = await held(`${HOSTILE} mac`.slice(0, 100));
    const escapes = '\x1b]8;;javascript:window.owned=1\x1b\\link\x1b]8;;\x1b\\ \x1b[31mred\x1b[0m';
    await say({ level: 'info', message: HOSTILE }, { level: 'error', message: escapes });
    await fail(HOSTILE);
    const watched = await open(id);
    const { page } = watched;
    await log(watched).getByText(HOSTILE).first().waitFor();
    await log(watched).getByText('link red').waitFor();
    expect(await log(watched).locator('.fg-red').textContent()).toBe('red');
    await page.locator('.banner.bad').getByText(HOSTILE).waitFor();
    await page.locator('.facts').getByText('<img src=x').waitFor();
    await page.locator('.story').getByText('failed by worker <img src=x').waitFor();
    expect(await page.evaluate(() => Reflect.get(window, 'owned'))).toBeUndefined();
    expect(await page.locator('main img, main script, .log a').count()).toBe(0);
    expect(await barriers(watched)).toEqual([]);

    await page.evaluate(() => {
      location.hash = '#/builds?text=onerror';
    });
    const row = page.getByRole('table', { name: 'Builds, newest first' }).locator('tbody tr');
    await row.getByText(HOSTILE).first().waitFor();
    await row.getByText('mac').first().waitFor();
    await page.getByRole('table', { name: 'Success by worker' }).getByText('<img src=x').waitFor();
    expect(await page.evaluate(() => Reflect.get(window, 'owned'))).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
  });

  it.each(LOOKS)('is open to everybody: $name', async ({ name, looks }) => {
    const { id, worker, say, fail } = await held(`mini ${name}`);
    const now = Date.now();
    for (let minute = 0; minute < 12; minute += 1) {
      const at = now - (12 - minute) * 60_000;
      const figures = { cpuPercent: 180 + 160 * Math.sin(minute / 2), memoryMb: 2_100 + 240 * minute };
      await scene().putItem({
        pk: `BUILD#${id}`,
        sk: `METRIC#${String(Math.floor(at / 60_000)).padStart(9, '0')}`,
        at,
        ...figures,
      });
    }
    await say(
      { level: 'info', message: '$ npm run build' },
      { level: 'info', message: '\x1b[36mvite\x1b[0m \x1b[1mv7.2.0\x1b[0m \x1b[32mbuilding for production…\x1b[39m' },
      {
        level: 'info',
        message: '\x1b[2mdist/assets/\x1b[22m\x1b[38;5;208mindex-4f2a.js\x1b[0m  \x1b[1m312.40 kB\x1b[22m',
      },
      { level: 'warn', message: '\x1b[33m(!) Some chunks are larger than 500 kB after minification\x1b[0m' },
      {
        level: 'info',
        message: '\x1b[41m\x1b[97m FAIL \x1b[0m src/\x1b[1mapp.test.ts\x1b[22m › \x1b[35mrenders\x1b[39m',
      },
      { level: 'error', message: 'AssertionError: expected 3 to be 4' },
      ...Array.from({ length: 24 }, (_, at) => ({
        level: 'info',
        message: `    at step ${at} (src/app.test.ts:${at + 10}:7)`,
      })),
    );
    await scene().heartbeat(worker, id);
    await fail('Command failed with exit code 1: npm run build\nAssertionError: expected 3 to be 4');
    const watched = await open(id, { looks });
    await watched.page.locator('.u-legend').waitFor();
    await log(watched).getByText('src/app.test.ts:33').waitFor();
    expect(await barriers(watched)).toEqual([]);
    expect(await overflow(watched)).toBe(0);
    await picture(watched, `build-${name}`);
  });
});
