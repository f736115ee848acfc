import { describe, expect, it } from 'vitest';
import { barriers, overflow, picture } from './browser.ts';
import { LOOKS, visits } from './visits.ts';

describe('the workers', () => {
  const { scene, enter } = visits();

  it('are drained, resumed and revoked, each after a question', async () => {
    const { id } = await scene().register('mini-1', ['ios'], { labels: ['xcode=26'] });
    const watched = await enter('/#/workers', 'Workers');
    const { page } = watched;
    const row = page.getByRole('row').filter({ hasText: 'mini-1' });
    const dialog = page.getByRole('dialog');
    const item = () => scene().workerItem(id);
    await row.getByText('idle').waitFor();
    await row.getByText('xcode=26').waitFor();

    await row.getByRole('button', { name: 'Drain mini-1' }).click();
    await dialog.getByText('It gets no more builds until it is resumed.').waitFor();
    expect(await barriers(watched)).toEqual([]);
    await picture(watched, 'workers-drain');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await item()).not.toMatchObject({ isDraining: true });

    await row.getByRole('button', { name: 'Drain mini-1' }).click();
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await row.getByText('draining').waitFor();
    await page.getByRole('status').filter({ hasText: 'mini-1: gets no more builds' }).waitFor();

    await row.getByRole('button', { name: 'Resume mini-1' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await row.getByText('idle').waitFor();

    await row.getByRole('button', { name: 'Revoke mini-1' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
    // The button went with its row: the focus is not lost.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    const answer = await scene().request('GET', '/api/workers', { headers: scene().key });
    expect(answer.body.workers).toEqual([]);
  });

  it('that have gone in the meantime say so, in the question', async () => {
    const { id } = await scene().register('fleeting');
    const watched = await enter('/#/workers', 'Workers', { expected: /status of 404/ });
    await watched.page.getByRole('button', { name: 'Revoke fleeting' }).click();
    await scene().request('POST', `/api/workers/${id}/revoke`, { headers: scene().key });
    await watched.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await watched.page
      .getByRole('dialog')
      .getByRole('alert')
      .filter({ hasText: /not found/i })
      .waitFor();
    await watched.page.keyboard.press('Escape');
  });

  it('are looked at with a key that may read, and nothing is offered that it may not', async () => {
    await scene().register('mini-2');
    const watched = await enter('/#/workers', 'Workers', { key: await scene().newKey('read') });
    await watched.page.getByText('mini-2').waitFor();
    await watched.page.getByText('to drain, resume or revoke a worker it needs the scope admin').waitFor();
    expect(await watched.page.getByRole('button', { name: /Drain|Revoke/ }).count()).toBe(0);
    expect(await barriers(watched)).toEqual([]);
  });

  it('come by pages', async () => {
    for (let number = 0; number < 55; number++) await scene().register(`many-${String(number).padStart(2, '0')}`);
    const watched = await enter('/#/workers', 'Workers');
    const { page } = watched;
    const rows = page.getByRole('table').getByRole('row');
    await expect.poll(() => rows.count()).toBe(51);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Page 2').waitFor();
    await expect.poll(() => rows.count()).toBeLessThan(20);
    await page.getByText('many-00').waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByText('many-54').waitFor();
  });

  it.each(LOOKS)('are open to everybody: $name', async ({ name, looks }) => {
    await scene().register('studio with a name that is as long as a name of a worker may be, and then some', [
      'ios',
      'android',
    ]);
    const watched = await enter('/#/workers', 'Workers', { looks });
    await watched.page.getByRole('table', { name: 'Workers' }).waitFor();
    expect(await barriers(watched)).toEqual([]);
    expect(await overflow(watched)).toBe(0);
    await picture(watched, `workers-${name}`);
  });
});
