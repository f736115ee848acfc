import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where pictures of every view are put: kept by CI, not by git. */
const PICTURES = join(import.meta.dirname, '../../.screenshots');

const WIDE = { width: 1280, height: 900 };

/** These tests are of nothing else: where the browser is missing each of their files fails, and none is left out unseen. */
const executablePath = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
if (executablePath === '') throw new Error('chromium is not installed (Debian: apt-get install chromium)');

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface Looks {
  readonly theme?: 'light' | 'dark';
  readonly viewport?: typeof WIDE;
}

/** A page under watch. */
export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What no page may do: errors in the console, exceptions, breaches of its policy, and requests to anybody else. */
  readonly faults: string[];
  /** Paths that were asked for, in their order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Opens an address in a browser that has never seen it. @param expected what may be in the console all the same */
export async function open(browser: Browser, url: string, looks: Looks = {}, expected = /^$/): Promise<Watched> {
  const { theme = 'light', viewport = WIDE } = looks;
  const context = await browser.newContext({ colorScheme: theme, viewport, reducedMotion: 'reduce', locale: 'en-GB' });
  const page = await context.newPage();
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    const isBad = ['error', 'warning'].includes(message.type());
    if (isBad && !expected.test(message.text())) faults.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.protocol === 'data:') return;
    requests.push(`${request.method()} ${asked.pathname}${asked.search}`);
    if (asked.origin !== new URL(url).origin) faults.push(`asks ${asked.origin}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  await page.goto(url);
  return { page, context, faults, requests, close: () => context.close() };
}

export async function signIn({ page }: Watched, key: string, isKept = false): Promise<void> {
  await page.getByLabel('API key').fill(key);
  if (isKept) await page.getByLabel('Keep it in this tab').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What axe has against the page as it is, a line each. */
export async function barriers({ page }: Watched): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
  return found;
}

/** Anything that is wider than the screen makes a reader scroll to and fro. */
export const overflow = ({ page }: Watched) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export async function picture({ page }: Watched, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
