import { describe, expect, it } from 'vitest';
import { barriers, overflow, picture } from './browser.ts';
import { LOOKS, visits } from './visits.ts';

describe('the settings', () => {
  const { scene, enter } = visits();

  it('make a key, show it once, and revoke it', async () => {
    const watched = await enter('/#/settings', 'Settings', { expected: /status of 400/ });
    const { page, context } = watched;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Make a key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What it is for').fill('nightly CI');
    await dialog.getByRole('checkbox', { name: /^read/ }).uncheck();
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await dialog.getByText('scopes').filter({ hasText: 'at least one' }).waitFor();
    await dialog.getByRole('checkbox', { name: /^submit/ }).check();
    await dialog.getByLabel('Days until it ends').fill('30');
    await picture(watched, 'settings-make-a-key');
    expect(await barriers(watched)).toEqual([]);
    await dialog.getByRole('button', { name: 'Make it' }).click();
    const secret = page.getByLabel('The key nightly CI');
    const key = await secret.inputValue();
    expect(key).toMatch(/^[A-Za-z0-9_-]{64}$/);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('The key is copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
    await picture(watched, 'settings-new-key');
    const self = await scene().request('GET', '/api/keys/self', { headers: { 'x-api-key': key } });
    expect(self.body).toMatchObject({ name: 'nightly CI', scopes: ['submit'], expires_at: expect.any(Number) });

    await page.getByRole('button', { name: 'I have it' }).click();
    await secret.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(key);
    const row = page.getByRole('row').filter({ hasText: 'nightly CI' });
    await row.getByText('active').waitFor();

    await row.getByRole('button', { name: 'Revoke nightly CI' }).click();
    // It is shown a moment after the click, and a key that is pressed before would go to the page.
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Revoke');
    await row.getByRole('button', { name: 'Revoke nightly CI' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('revoked').first().waitFor();
    expect(await row.getByRole('button').count()).toBe(0);
    const { keys } = (await scene().request('GET', '/api/keys', { headers: scene().key })).body;
    expect(keys[0]).toMatchObject({ name: 'nightly CI', state: 'revoked' });
  });

  it('tell who may only look what the key is, and why there is no more', async () => {
    const watched = await enter('/#/settings', 'Settings', { key: await scene().newKey('read') });
    await watched.page.getByText('read for tests').first().waitFor();
    await watched.page.getByText('to see and make keys it needs the scope admin').waitFor();
    expect(await watched.page.getByRole('button', { name: 'Make a key' }).count()).toBe(0);
    expect(watched.requests.filter((asked) => asked === 'GET /api/keys')).toEqual([]);
    expect(await barriers(watched)).toEqual([]);
  });

  it('remember the looks in this browser', async () => {
    const watched = await enter('/#/settings', 'Settings');
    const background = () => watched.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await watched.page.getByLabel('Looks').first().selectOption('Dark');
    const dark = await background();
    expect(dark).not.toBe(light);
    await watched.page.reload();
    await watched.page.getByLabel('API key').waitFor();
    expect(await background()).toBe(dark);
  });

  it.each(LOOKS)('are open to everybody: $name', async ({ name, looks }) => {
    const watched = await enter('/#/settings', 'Settings', { looks });
    await watched.page.getByRole('table', { name: 'Keys' }).waitFor();
    expect(await barriers(watched)).toEqual([]);
    expect(await overflow(watched)).toBe(0);
    await picture(watched, `settings-${name}`);
  });
});
