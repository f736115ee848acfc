import { describe, expect, it } from 'vitest';
import { hasBrowser, overflow, picture } from './browser.ts';
import { visits } from './visits.ts';

const HOSTILE = [
  '<script>window.owned = 1</script>',
  '<img src=x onerror="window.owned = 1">',
  'javascript:window.owned = 1',
  '"><svg onload=window.owned=1>',
  '\u202eevil\u0007\u001b[31m',
];
const NAME = HOSTILE.slice(0, 2).join(' ').slice(0, 100);

describe.runIf(hasBrowser)('what strangers send', () => {
  const { scene, enter } = visits();

  it('stays text, in every view', async () => {
    for (const [index, name] of HOSTILE.entries()) await scene().register(name, ['ios'], { labels: [`n${index}`] });
    const headers = scene().key;
    await scene().request('POST', '/api/keys', { headers, json: { name: NAME, scopes: ['read'] } });
    await scene().request('POST', '/api/queues/ios/pause', { headers, json: { reason: HOSTILE.join(' ') } });
    await scene().sendRaw('deadLetters', HOSTILE[0] ?? '');
    const watched = await enter('/', 'Now');
    const { page } = watched;
    const views = { Now: HOSTILE[0], Workers: HOSTILE[1], Queues: HOSTILE[3], Settings: NAME };
    for (const [view, text = ''] of Object.entries(views)) {
      await page.getByRole('link', { name: view, exact: true }).click();
      await page.getByRole('heading', { name: view, level: 1 }).waitFor();
      await page.getByText(text.slice(0, 30)).first().waitFor();
      expect(await overflow(watched)).toBe(0);
      await picture(watched, `hostile-${view.toLowerCase()}`);
      const foreign = await page.evaluate(() => [
        document.querySelectorAll('body script, body img, svg:not(.mark), a[href^="javascript"]').length,
        'owned' in window,
      ]);
      expect(foreign).toEqual([0, false]);
    }
  });

  it('stays text in an address, and in what the controller says of it', async () => {
    const { page } = await enter(`/#/${encodeURIComponent(HOSTILE[1] ?? '')}`, 'Nothing is here');
    expect(await page.evaluate(() => 'owned' in window)).toBe(false);
  });

  it('does not become script even where the page had a fault: its policy forbids it', async () => {
    const { page, faults } = await enter('/', 'Now', { expected: /./ });
    const outcome = await page.evaluate(async () => {
      const tries: Record<string, string> = {};
      const attempt = (name: string, act: () => void) => {
        try {
          act();
          tries[name] = 'done';
        } catch (error) {
          tries[name] = (error as Error).name;
        }
      };
      attempt('markup', () => {
        document.createElement('p').innerHTML = '<b>x</b>';
      });
      attempt('script', () => {
        const script = document.createElement('script');
        script.text = 'window.owned = 1';
        document.body.append(script);
      });
      attempt('handler', () => document.body.setAttribute('onclick', 'window.owned = 1'));
      document.body.click();
      const asked = await fetch('https://example.com/').then(
        () => 'sent',
        () => 'refused',
      );
      return { ...tries, asked, owned: 'owned' in window };
    });
    expect(outcome).toMatchObject({ markup: 'TypeError', script: 'TypeError', asked: 'refused', owned: false });
    // What the watch finds here is the policy at work: without it these would be missing.
    expect(faults.filter((fault) => !fault.startsWith('asks'))).toEqual([]);
    faults.length = 0;
  });
});
