import { beforeAll, describe, expect, it } from 'vitest';
import { barriers, overflow, picture, type Watched } from './browser.ts';
import { seedBuilds } from './seed-builds.ts';
import { LOOKS, visits } from './visits.ts';

const COUNT = 10_000;

const rows = ({ page }: Watched) => page.getByRole('table', { name: 'Builds, newest first' }).locator('tbody tr');
const query = ({ page }: Watched) => new URL(page.url()).hash.split('?')[1] ?? '';
const field = (page: Watched['page'], label: string) => page.getByRole('search').getByLabel(label, { exact: true });
const coverage = ({ page }: Watched) => page.locator('.coverage');

describe('the history of ten thousand builds', () => {
  const { scene, enter } = visits();
  const open = (search = '', options: Parameters<typeof enter>[2] = {}) =>
    enter(`/#/builds${search}`, 'Builds', options);
  beforeAll(() => seedBuilds(scene(), COUNT, Date.now() - 60_000), 120_000);

  it('is paged through by the address, so that going back works', async () => {
    const watched = await open();
    const { page } = watched;
    await rows(watched).nth(49).waitFor();
    expect(await rows(watched).count()).toBe(50);
    const first = await rows(watched).first().textContent();
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByRole('heading', { name: 'Older builds' }).waitFor();
    await rows(watched).nth(49).waitFor();
    expect(query(watched)).toContain('cursor=');
    expect(await rows(watched).first().textContent()).not.toBe(first);
    await page.goBack();
    await page.getByRole('heading', { name: 'Newest first' }).waitFor();
    await rows(watched)
      .filter({ hasText: first?.slice(0, 8) ?? '' })
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByRole('link', { name: 'Newest' }).click();
    await page.getByRole('heading', { name: 'Newest first' }).waitFor();
    expect(query(watched)).toBe('');
  });

  it('is filtered by what the address says, which the fields write', async () => {
    const watched = await open();
    const { page } = watched;
    await field(page, 'State').selectOption('failed');
    await page.waitForURL(/state=failed/);
    await field(page, 'Platform').selectOption('iOS');
    await page.waitForURL(/platform=ios/);
    await rows(watched).first().getByText('failed').waitFor();
    const states = await rows(watched).locator('.badge').allTextContents();
    expect(new Set(states)).toEqual(new Set(['failed']));
    await field(page, 'Text').fill('in step 77');
    await page.keyboard.press('Enter');
    await page.waitForURL(/text=in\+step\+77/);
    await rows(watched).first().getByText('in step 77').waitFor();
    await page.reload();
    expect(query(watched)).toBe('state=failed&platform=ios&text=in+step+77');
  });

  it('is filtered by worker, label and day, and says where nothing is like that', async () => {
    const watched = await open('?worker=seeded-worker-3&label=team=red');
    await rows(watched).first().getByText('mini-4').waitFor();
    expect(new Set(await rows(watched).locator('.labels').allTextContents())).toEqual(new Set(['team=red']));
    const { page } = watched;
    await page.getByRole('link', { name: 'Clear' }).click();
    await field(page, 'To').fill('2020-01-01');
    await page.waitForURL(/to=2020-01-01/);
    await page.getByText('No build is like that.').waitFor();
    await page.getByText('There is nothing to show.').waitFor();
  });

  it('says what is wrong with a filter that an address made up', async () => {
    const watched = await open('?state=flying', { expected: /\b400\b/ });
    await watched.page.getByText('status must be one of').first().waitFor();
    expect(await field(watched.page, 'State').inputValue()).toBe('flying');
  });

  it('says which builds its plots are of, and reads more when asked to', async () => {
    const watched = await open();
    const { page, requests } = watched;
    await coverage(watched).getByText('the newest 1,000 builds').waitFor();
    await page.getByRole('button', { name: 'Read 1,000 more' }).waitFor();
    const lists = requests.filter((path) => path.startsWith('GET /api/builds?'));
    expect(lists.filter((path) => path.includes('limit=100'))).toHaveLength(10);
    await page.getByRole('button', { name: 'Read 1,000 more' }).click();
    await coverage(watched).getByText('the newest 2,000 builds').waitFor();
    const table = page.getByRole('region', { name: /Builds per day, as a table/ });
    await page.getByRole('figure', { name: 'Builds per day' }).getByText('As a table').click();
    const sum = (await table.locator('td').allTextContents()).reduce(
      (total, text) => total + Number(text.replace(',', '')),
      0,
    );
    await page.getByRole('button', { name: 'Read 1,000 more' }).waitFor();
    expect(sum).toBe(2_000);
  });

  it('says that its plots could not be read, and reads them when asked again', async () => {
    const watched = await enter('/#/settings', 'Settings', { expected: /ERR_FAILED/ });
    const { page } = watched;
    await page.route(/limit=100/, (route) => route.abort());
    await page.evaluate(() => {
      location.hash = '#/builds';
    });
    await page
      .getByRole('region', { name: 'How they went' })
      .getByRole('alert')
      .getByText('cannot be reached')
      .waitFor();
    await page.unroute(/limit=100/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await coverage(watched).getByText('the newest 1,000 builds').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });

  it('shows nothing of other filters where the plots of these could not be read', async () => {
    const watched = await open('', { expected: /ERR_FAILED/ });
    const { page } = watched;
    await coverage(watched).getByText('the newest 1,000 builds').waitFor();
    await page.route(/limit=100/, (route) => route.abort());
    await field(page, 'State').selectOption('failed');
    const plots = page.getByRole('region', { name: 'How they went' });
    await plots.getByRole('alert').getByText('cannot be reached').waitFor();
    expect(await plots.getByRole('figure').count()).toBe(0);
    expect(await coverage(watched).count()).toBe(0);
    await page.unroute(/limit=100/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await coverage(watched).getByText('builds like that').waitFor();
  });

  it('tells which worker is worse than the others', async () => {
    const watched = await open();
    const workers = watched.page.getByRole('table', { name: 'Success by worker' });
    await coverage(watched).getByText('the newest 1,000 builds').waitFor();
    const rates = await workers
      .locator('tbody tr')
      .evaluateAll((all) =>
        all.map(
          (row) =>
            [row.children[0]?.textContent?.trim(), Number.parseInt(row.children[1]?.textContent ?? '', 10)] as const,
        ),
      );
    expect(rates).toHaveLength(7);
    const worst = rates.reduce((a, b) => (a[1] < b[1] ? a : b));
    expect(worst[0]).toBe('mini-4');
  });

  it.each(LOOKS)('is open to everybody: $name', async ({ name, looks }) => {
    const watched = await open('', { looks });
    await coverage(watched).getByText('the newest 1,000 builds').waitFor();
    await watched.page.locator('.u-legend').nth(2).waitFor();
    await rows(watched).nth(49).waitFor();
    expect(await barriers(watched)).toEqual([]);
    expect(await overflow(watched)).toBe(0);
    await picture(watched, `history-${name}`);
  });
});
