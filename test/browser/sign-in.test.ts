import { describe, expect, it } from 'vitest';
import { barriers, overflow, picture, signIn, type Watched } from './browser.ts';
import { LOOKS, visits } from './visits.ts';

/** Of a refused key Chromium itself writes a line. */
const REFUSED = /^Failed to load resource: the server responded with a status of 403/;

describe('signing in', () => {
  const { scene, visit, enter } = visits();

  const stored = ({ page }: Watched) =>
    page.evaluate(() => ({
      session: JSON.stringify(sessionStorage),
      local: JSON.stringify(localStorage),
      href: location.href,
    }));

  it('says that a wrong key is wrong, and stays where it is', async () => {
    const watched = await visit('/', {}, REFUSED);
    await signIn(watched, 'k'.repeat(43));
    await watched.page.getByRole('alert').filter({ hasText: 'does not take this key' }).waitFor();
    expect(await watched.page.getByLabel('API key').getAttribute('aria-invalid')).toBe('true');
    expect((await stored(watched)).session).toBe('{}');
    await picture(watched, 'sign-in-wrong-key');
    expect(await barriers(watched)).toEqual([]);
  });

  it('keeps the key in memory: it is in no address and no storage, and gone with a reload', async () => {
    const watched = await enter('/', 'Now');
    const everything = JSON.stringify([await stored(watched), watched.requests, await watched.page.content()]);
    expect(everything).not.toContain(scene().apiKey);
    await watched.page.reload();
    await watched.page.getByLabel('API key').waitFor();
  });

  it('keeps it in the tab where that is wanted, and never beyond', async () => {
    const watched = await visit();
    await signIn(watched, scene().apiKey, true);
    await watched.page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
    await watched.page.reload();
    await watched.page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
    const { session, local, href } = await stored(watched);
    expect(session).toContain(scene().apiKey);
    expect(local + href).not.toContain(scene().apiKey);
    const other = await watched.context.newPage();
    await other.goto(scene().url);
    await other.getByLabel('API key').waitFor();
  });

  it('signs out: nothing is kept, and nothing is asked any more', async () => {
    const watched = await visit();
    await signIn(watched, scene().apiKey, true);
    await watched.page.getByRole('button', { name: 'Sign out' }).click();
    await watched.page.getByLabel('API key').waitFor();
    expect((await stored(watched)).session).toBe('{}');
    const before = watched.requests.length;
    await watched.page.reload();
    await watched.page.getByLabel('API key').waitFor();
    expect(watched.requests.slice(before).filter((asked) => asked.includes('/api/'))).toEqual([]);
  });

  it('is asked for again when the key is revoked, and says why', async () => {
    const key = await scene().newKey('read');
    const watched = await enter('/#/settings', 'Settings', { key, expected: REFUSED });
    // Functions remember a key for a minute: those of the next view have not seen this one.
    await scene().tamper('KEYS', `KEY#${key.slice(0, 21)}`, { revokedAt: Date.now(), revokedBy: 'root' });
    await watched.page.getByRole('link', { name: 'Now' }).click();
    await watched.page.getByText('does not take this key any more').waitFor();
  });

  it.each(LOOKS)('is open to everybody: $name', async ({ name, looks }) => {
    const watched = await visit('/', looks);
    await watched.page.getByLabel('API key').waitFor();
    expect(await watched.page.evaluate(() => document.activeElement?.id)).toBe('key');
    expect(await barriers(watched)).toEqual([]);
    expect(await overflow(watched)).toBe(0);
    await picture(watched, `sign-in-${name}`);
  });
});
