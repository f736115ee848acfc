import { describe, expect, it } from 'vitest';
import { barriers, picture } from './browser.ts';
import { visits } from './visits.ts';

describe('who has no mouse', () => {
  const { enter } = visits();

  it('skips to the content, and finds the beginning of each view', async () => {
    const { page } = await enter('/', 'Now');
    const focused = () => page.evaluate(() => [document.activeElement?.tagName, document.activeElement?.textContent]);
    await page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
    });
    await page.keyboard.press('Tab');
    expect(await focused()).toEqual(['A', 'Skip to the content']);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => [document.activeElement?.id, location.hash])).toEqual(['main', '']);
    for (const name of ['Workers', 'Queues', 'Settings', 'Builds', 'Now']) {
      await page.getByRole('link', { name, exact: true }).focus();
      await page.keyboard.press('Enter');
      await expect.poll(focused).toEqual(['H1', name]);
      expect(await page.title()).toBe(`${name} · Buildlatch`);
      expect(await page.getByRole('link', { name, exact: true }).getAttribute('aria-current')).toBe('page');
    }
  });

  it('goes by shortcuts, which are listed on ? and can be put off', async () => {
    const watched = await enter('/', 'Now');
    const { page } = watched;
    await page.keyboard.type('gw');
    await page.getByRole('heading', { name: 'Workers', level: 1 }).waitFor();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await dialog.waitFor();
    await picture(watched, 'shortcuts');
    expect(await barriers(watched)).toEqual([]);
    // Behind the dialog nothing moves.
    await page.keyboard.type('gq');
    expect(new URL(page.url()).hash).toBe('#/workers');
    await dialog.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.type('gq');
    expect(new URL(page.url()).hash).toBe('#/workers');
  });

  it('comes out of every field again with Tab', async () => {
    const { page } = await enter('/#/settings', 'Settings');
    await page.getByRole('table').or(page.getByText('No key has been made yet')).first().waitFor();
    const seen = new Set<number>();
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      const all = () => [...document.querySelectorAll('body *')].indexOf(document.activeElement ?? document.body);
      seen.add(await page.evaluate(all));
    }
    seen.delete(-1);
    const everything = await page
      .locator('a[href]:visible, button:enabled:visible, select:visible, input:visible')
      .count();
    expect(seen.size).toBeGreaterThanOrEqual(everything);
  });

  it('is told of an address that leads nowhere', async () => {
    const watched = await enter('/#/somewhere/else', 'Nothing is here');
    expect(await barriers(watched)).toEqual([]);
    await watched.page.getByRole('link', { name: 'What happens now' }).click();
    await watched.page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  });
});
