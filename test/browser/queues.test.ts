import { describe, expect, it } from 'vitest';
import { barriers, overflow, picture } from './browser.ts';
import { LOOKS, visits } from './visits.ts';

describe('the queues', () => {
  const { scene, enter } = visits();

  const queues = async () => (await scene().request('GET', '/api/queues', { headers: scene().key })).body.queues;

  it('are paused with a reason, and resumed', async () => {
    const watched = await enter('/#/queues', 'Queues');
    const { page } = watched;
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Pause iOS' }).click();
    // Without a reason the browser itself does not let it go.
    await dialog.getByRole('button', { name: 'Pause' }).click();
    expect(await dialog.getByLabel('Reason').evaluate((field: HTMLInputElement) => field.validity.valueMissing)).toBe(
      true,
    );
    await dialog.getByLabel('Reason').fill('Xcode 27 goes in');
    await picture(watched, 'queues-pause');
    expect(await barriers(watched)).toEqual([]);
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('iOS is paused: Xcode 27 goes in').waitFor();
    await page.getByRole('status').filter({ hasText: 'iOS is paused' }).last().waitFor();
    expect(await queues()).toMatchObject([
      { platform: 'ios', paused: { reason: 'Xcode 27 goes in' } },
      { platform: 'android', paused: null },
    ]);
    expect(await barriers(watched)).toEqual([]);
    await picture(watched, 'queues-paused');

    await page.getByRole('button', { name: 'Resume iOS' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause iOS' }).waitFor();
    await page.getByText('iOS is paused: Xcode 27 goes in').waitFor({ state: 'detached' });
    expect(await queues()).toMatchObject([{ paused: null }, { paused: null }]);
  });

  it('have dead letters, which are sent out anew', async () => {
    const id = await scene().submit('ios');
    await scene().purge('ios');
    const source = { sourceSize: 1, sourceSha256: 'ab'.repeat(32) };
    const hint = { v: 1, buildId: id, attempt: 0, platform: 'ios', submittedAt: Date.now(), ...source };
    await scene().sendRaw('deadLetters', JSON.stringify(hint));
    await scene().sendRaw('deadLetters', '<script>alert(1)</script>');
    const watched = await enter('/#/queues', 'Queues');
    const { page } = watched;
    const table = page.getByRole('table', { name: 'Dead letters' });
    await table.getByRole('link', { name: id.slice(0, 8) }).waitFor();
    await table.getByText('names none').waitFor();
    await picture(watched, 'queues-dead-letters');
    expect(await barriers(watched)).toEqual([]);
    await page.getByRole('button', { name: 'Redrive' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
    await page.getByRole('status').filter({ hasText: '1 build sent out anew, 1 unreadable, which stay' }).waitFor();
    expect((await scene().depth('ios')).waiting).toBe(1);
    await table.getByRole('link').waitFor({ state: 'detached' });
  });

  it('are looked at with a key that may read, and nothing is offered that it may not', async () => {
    const watched = await enter('/#/queues', 'Queues', { key: await scene().newKey('read') });
    await watched.page.getByRole('heading', { name: 'Android' }).waitFor();
    await watched.page.getByText('to pause or resume a queue it needs the scope admin').waitFor();
    await watched.page.getByText('to see dead letters it needs the scope admin').waitFor();
    expect(await watched.page.getByRole('button', { name: /Pause|Redrive/ }).count()).toBe(0);
    expect(watched.requests.filter((asked) => asked.includes('dead-letters'))).toEqual([]);
    expect(await barriers(watched)).toEqual([]);
  });

  it.each(LOOKS)('are open to everybody: $name', async ({ name, looks }) => {
    const watched = await enter('/#/queues', 'Queues', { looks });
    await watched.page.getByRole('heading', { name: 'Android' }).waitFor();
    expect(await barriers(watched)).toEqual([]);
    expect(await overflow(watched)).toBe(0);
    await picture(watched, `queues-${name}`);
  });
});
