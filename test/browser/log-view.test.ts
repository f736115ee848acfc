import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { barriers, picture, type Watched } from './browser.ts';
import { visits } from './visits.ts';

const LINES = 100_000;
/** As many as are in a log's first answer: 3 MiB of lines of this length. */
const PAGE_LINES = 25_000;
/** What a task of the page may take. 200 ms would be felt; a machine that does ten things at once gets more, and says what it was. */
const MOST_MS = 500;

const log = ({ page }: Watched) => page.getByRole('log');
const line = (index: number) => ({
  timestamp: Date.UTC(2026, 0, 6, 12) + index * 10,
  level: index % 1_000 === 999 ? 'error' : 'info',
  message: `\x1b[32mstep\x1b[0m ${index}: compiles module ${(index * 7919) % 10_007} of ${'x'.repeat(index % 40)}`,
});

/** Answers for the controller, which keeps no log as long as this one. */
async function answerLogs(page: Page): Promise<void> {
  await page.route(/\/logs\?cursor=/, (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('cursor'));
    const logs = Array.from({ length: Math.min(PAGE_LINES, LINES - from) }, (_, offset) => line(from + offset));
    const end = from + logs.length;
    return route.fulfill({ json: { build_id: 'x', logs, next_cursor: String(end), is_final: end === LINES } });
  });
}

/** The longest task of the page since the last time, in ms. */
async function longest(page: Page): Promise<number> {
  return page.evaluate(() => {
    const observer: PerformanceObserver = Reflect.get(window, 'taskObserver');
    const tasks: PerformanceEntry[] = Reflect.get(window, 'tasks');
    // The observer is told of tasks some time after them.
    const all = [...tasks.splice(0), ...observer.takeRecords()];
    return Math.round(Math.max(0, ...all.map(({ duration }) => duration)));
  });
}

/** Watches the page's tasks, and makes sure of it: one that is as long as none may be is seen. */
async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: PerformanceEntry[] = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
    observer.observe({ type: 'longtask' });
    Object.assign(window, { tasks, taskObserver: observer });
  });
  await page.evaluate(
    (ms) =>
      new Promise<void>((resolve) => {
        setTimeout(() => {
          const end = performance.now() + ms;
          while (performance.now() < end);
          setTimeout(resolve);
        });
      }),
    MOST_MS + 50,
  );
  expect(await longest(page)).toBeGreaterThan(MOST_MS);
  expect(await longest(page)).toBeLessThan(MOST_MS);
}

const rowCount = ({ page }: Watched) => page.locator('.log-row').count();
const place = ({ page }: Watched) => page.locator('.log-list').evaluate((list) => list.scrollTop / 20);

describe('a log of a hundred thousand lines', () => {
  const { scene, enter } = visits();
  let id = '';
  beforeAll(async () => {
    id = await scene().submit('android');
    await scene().request('POST', `/api/builds/${id}/cancel`, { headers: scene().key });
  });

  async function open(): Promise<Watched> {
    const watched = await enter('/#/settings', 'Settings');
    await answerLogs(watched.page);
    await watchTasks(watched.page);
    await watched.page.evaluate((hash) => {
      location.hash = hash;
    }, `#/builds/${id}`);
    await watched.page.getByText('100,000 lines').waitFor();
    await log(watched).getByText('step 99999:').waitFor();
    return watched;
  }

  it('is read, scrolled, searched and filtered without a pause that is felt', async () => {
    const watched = await open();
    const { page } = watched;
    const took: Record<string, number> = { read: await longest(page) };
    expect(await rowCount(watched)).toBeLessThan(150);

    await log(watched).focus();
    await page.keyboard.press('Home');
    await log(watched).getByText('step 0:').waitFor();
    await page.keyboard.press('End');
    await log(watched).getByText('step 99999:').waitFor();
    await page.locator('.log-list').evaluate((list) => {
      list.scrollTop = 50_000 * 20;
    });
    await log(watched).getByText('step 50003:').waitFor();
    await page.mouse.move(400, 500);
    for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, 700);
    await expect.poll(() => place(watched)).toBeGreaterThan(50_100);
    await log(watched)
      .getByText(`step ${Math.ceil(await place(watched)) + 5}:`)
      .waitFor();
    took['scrolled'] = await longest(page);

    await page.getByLabel('Search the log').fill('module 77 of');
    await page.locator('#log-found').filter({ hasText: 'of 9' }).waitFor();
    await page.getByRole('button', { name: 'Regular expression' }).click();
    await page.getByLabel('Search the log').fill('step 99\\d99:');
    await page.locator('#log-found').filter({ hasText: '1 of 10' }).waitFor();
    await page.locator('.log-row.current .log-text').filter({ hasText: 'step 99099:' }).waitFor();
    took['searched'] = await longest(page);

    await page.getByTitle('Lines of the level info').click();
    await log(watched).getByText('step 99999:').waitFor();
    expect(await page.locator('.log-space').evaluate((space) => space.clientHeight)).toBe(100 * 20);
    await page.getByTitle('Lines of the level info').click();
    took['filtered'] = await longest(page);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download log' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    expect(text.split('\n')).toHaveLength(LINES + 1);
    expect(text.startsWith('2026-01-06T12:00:00.000Z info  step 0: compiles module 0 of \n')).toBe(true);
    took['saved'] = await longest(page);
    console.info(`the longest task of each, in ms: ${JSON.stringify(took)}`);
    expect(Object.entries(took).filter(([, ms]) => ms > MOST_MS)).toEqual([]);
  });

  it('stops an expression that would never end, and the page goes on', async () => {
    const watched = await open();
    const { page } = watched;
    await page.getByRole('button', { name: 'Regular expression' }).click();
    await page.getByLabel('Search the log').fill('^(\\w|\\s|.)*~$');
    await page.locator('#log-found').filter({ hasText: 'takes too long' }).waitFor();
    expect(await longest(page)).toBeLessThan(MOST_MS);
    await page.getByLabel('Search the log').fill('(');
    await page.locator('#log-found').filter({ hasText: 'Invalid regular expression' }).waitFor();
    await page.getByLabel('Search the log').fill('step 5:');
    await page.locator('#log-found').filter({ hasText: '1 of 1' }).waitFor();
  });

  it('is worked by keys: search, from match to match, and follow', async () => {
    const watched = await open();
    const { page } = watched;
    const follow = page.getByRole('button', { name: 'Follow' });
    expect(await follow.getAttribute('aria-pressed')).toBe('true');
    await log(watched).focus();
    await page.keyboard.press('PageUp');
    await expect.poll(() => follow.getAttribute('aria-pressed')).toBe('false');
    const before = await place(watched);
    await page.keyboard.press('PageDown');
    await expect.poll(() => follow.getAttribute('aria-pressed')).toBe('true');
    expect(await place(watched)).toBeGreaterThan(before);

    await page.keyboard.press('/');
    await page.keyboard.type('step 4242');
    await page.locator('#log-found').filter({ hasText: 'of 11' }).waitFor();
    const found = page.locator('.log-row.current .log-text');
    await found.filter({ hasText: 'step 4242:' }).waitFor();
    await log(watched).focus();
    await page.keyboard.press('n');
    await found.filter({ hasText: 'step 42420:' }).waitFor();
    await page.keyboard.press('N');
    await found.filter({ hasText: 'step 4242:' }).waitFor();
    await page.keyboard.press('N');
    await found.filter({ hasText: 'step 42429:' }).waitFor();
    await page.keyboard.press('f');
    await log(watched).getByText('step 99999:').waitFor();
    expect(await barriers(watched)).toEqual([]);
    await picture(watched, 'log-searched');
  });

  it('has lines picked by their numbers and copied, or asks which', async () => {
    const watched = await open();
    const { page, context } = watched;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.getByText('99998', { exact: true }).click();
    await page.getByText('100000', { exact: true }).click({ modifiers: ['Shift'] });
    await page.getByRole('button', { name: 'Copy 3 lines' }).click();
    await page.getByText('Copied 3 lines').waitFor();
    expect((await copied()).split('\n').map((text) => text.slice(31, 42))).toEqual([
      'step 99997:',
      'step 99998:',
      'step 99999:',
      '',
    ]);
    await page.getByRole('button', { name: 'Unpick' }).click();
    await page.getByRole('button', { name: 'Copy lines' }).click();
    // The log's own letters are not for what has opened over it.
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).press('f');
    expect(await page.getByTitle('Keep the last line in sight (f)').getAttribute('aria-pressed')).toBe('true');
    await page.getByLabel('From line').fill('11');
    await page.getByLabel('To line').fill('12');
    await page.getByRole('dialog').getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied 2 lines').waitFor();
    expect((await copied()).split('\n')).toHaveLength(3);
    expect(await copied()).toContain('step 10:');
  });
});
