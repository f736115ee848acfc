import { describe, expect, it } from 'vitest';
import { overflow, picture } from './browser.ts';
import { visits } from './visits.ts';

const HOSTILE = [
  '<script>window.owned = 1</script>',
  '<img src=x onerror="window.owned = 1">',
  'javascript:window.owned = 1',
  '"><svg onload=window.owned=1>',
  '\u202eevil\u0007\u001b[31m',
];
const ELSEWHERE = 'https://example.com/';
const NAME = HOSTILE.slice(0, 2).join(' ').slice(0, 100);

describe('what strangers send', () => {
  const { scene, visit, enter } = visits();

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
    const { page, faults } = await visit();
    await page.route(ELSEWHERE, (route) => route.fulfill({ headers: { 'access-control-allow-origin': '*' } }));
    expect(await page.evaluate(attack, ELSEWHERE)).toEqual({
      markup: 'TypeError',
      script: 'TypeError',
      handler: 'TypeError',
      asked: 'TypeError',
      owned: [],
    });
    const breaches = () => faults.flatMap((fault) => /^console error: policy: (\S+)/.exec(fault)?.[1] ?? []);
    const scripts = Array(3).fill('require-trusted-types-for');
    await expect.poll(breaches).toEqual([...scripts, 'connect-src']);
    faults.length = 0;

    // The same page without its policy: nothing else would have stopped it.
    const isPage = ({ href }: URL) => href === new URL(scene().url).href;
    await page.route(isPage, async (route) => {
      const response = await route.fetch();
      const { 'content-security-policy': policy, ...headers } = response.headers();
      expect(policy).toContain('require-trusted-types-for');
      await route.fulfill({ response, headers });
    });
    await page.reload();
    expect(await page.evaluate(attack, ELSEWHERE)).toEqual({
      markup: 'done',
      script: 'done',
      handler: 'done',
      asked: 'done',
      owned: ['script', 'handler'],
    });
    expect(faults.splice(0)).toEqual([`asks ${new URL(ELSEWHERE).origin}`]);
  });
});

/** What a fault of the page would let a stranger do, each with what came of it, and whose script has run. */
async function attack(elsewhere: string) {
  const owned: string[] = [];
  Reflect.set(window, 'attacked', owned);
  const outcomeOf = async (act: () => unknown) => {
    try {
      await act();
      return 'done';
    } catch (error) {
      return (error as Error).name;
    }
  };
  const markup = await outcomeOf(() => {
    document.createElement('p').innerHTML = '<b>x</b>';
  });
  const script = await outcomeOf(() => {
    const element = document.createElement('script');
    element.text = 'window.attacked.push("script")';
    document.body.append(element);
  });
  const handler = await outcomeOf(() => document.body.setAttribute('onclick', 'window.attacked.push("handler")'));
  document.body.click();
  return { markup, script, handler, asked: await outcomeOf(() => fetch(elsewhere)), owned };
}
