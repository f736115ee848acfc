import { describe, expect, it } from 'vitest';
import { barriers, overflow, picture } from './browser.ts';
import { LOOKS, visits } from './visits.ts';

/** An idle worker polls each half minute, and a quiet page asks each quarter. */
const PATIENTLY = { timeout: 60_000 };

describe('what happens now', () => {
  const { scene, enter } = visits();
  let ids: string[] = [];

  it('of a controller that nobody uses yet says what to do', async () => {
    const watched = await enter('/', 'Now');
    await watched.page.getByText('Nothing is being built.').waitFor();
    await watched.page.getByText('buildlatch worker --platform ios,android').waitFor();
    expect(await barriers(watched)).toEqual([]);
    await picture(watched, 'now-empty');
  });

  it('says loudly that builds wait and nobody can take them', async () => {
    const watched = await enter('/', 'Now');
    const id = await scene().submit('android', { labels: 'ndk=28' });
    await watched.page.getByText('1 Android build waits, and no worker for Android is online.').waitFor();
    expect(await barriers(watched)).toEqual([]);
    await picture(watched, 'now-nobody');
    await scene().request('POST', `/api/builds/${id}/cancel`, { headers: scene().key });
    await watched.page.getByText('no worker for Android').waitFor({ state: 'detached' });
  });

  it('shows builds with their workers, from the first to the last, without a reload', async () => {
    const watched = await enter('/', 'Now');
    const { page } = watched;
    ids = [await scene().submit('ios', { labels: 'xcode=26' }), await scene().submit('android')];
    scene().work({ name: 'mini-1', labels: ['xcode=26'] });
    scene().work({ name: 'mini-2', platforms: ['android'] });
    await page.getByRole('heading', { name: 'mini-2', level: 3 }).waitFor(PATIENTLY);
    const rowOf = (id = '') => page.getByRole('row').filter({ has: page.getByRole('link', { name: id.slice(0, 8) }) });
    for (const id of ids) await rowOf(id).getByText('building').waitFor(PATIENTLY);
    await rowOf(ids[0]).getByText('mini-1').waitFor();
    await rowOf(ids[1]).getByText('mini-2').waitFor();
    await rowOf(ids[0]).getByText('left').waitFor();
    const elapsed = rowOf(ids[0]).getByRole('cell').nth(3);
    const before = await elapsed.textContent();
    await expect.poll(() => elapsed.textContent(), { timeout: 10_000 }).not.toBe(before);
    await scene().submit('ios');
    const waiting = page.getByRole('region', { name: 'iOS' }).getByRole('definition').first();
    await expect.poll(() => waiting.textContent(), { timeout: 30_000 }).toBe('1');
  }, 180_000);

  it.each(LOOKS)('is open to everybody: $name', async ({ name, looks }) => {
    const watched = await enter('/', 'Now', { looks });
    await watched.page.getByRole('table', { name: 'Builds that run now' }).waitFor();
    await watched.page.getByRole('heading', { name: 'mini-2', level: 3 }).waitFor();
    expect(await barriers(watched)).toEqual([]);
    expect(await overflow(watched)).toBe(0);
    await picture(watched, `now-${name}`);
  });

  it('is over for a build when it has ended', async () => {
    const { page } = await enter('/', 'Now');
    const link = page.getByRole('table').getByRole('link', { name: ids[0]?.slice(0, 8) ?? '' });
    await link.waitFor();
    await scene().release();
    await link.waitFor({ ...PATIENTLY, state: 'detached' });
  }, 120_000);

  it('is looked at with a key that may read', async () => {
    const watched = await enter('/', 'Now', { key: await scene().newKey('read') });
    await watched.page.getByRole('heading', { name: 'mini-1', level: 3 }).waitFor();
    await watched.page.getByRole('heading', { name: 'Running' }).waitFor();
  });
});
