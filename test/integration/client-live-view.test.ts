import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { buildStatus, logPage, serveSubmit } from '../support/fake-submit.ts';
import { openTerminal } from '../support/tmux.ts';

const MAIN = fileURLToPath(new URL('../../lib/client/cli/main.ts', import.meta.url));
const CANCEL = 'POST /api/builds/:id/cancel';

let fake: FakeController;
beforeEach(async () => {
  fake = await startFakeController();
});
afterEach(() => fake.close());

/** What the controller says of the build, as the test goes on. */
function serveBuild() {
  const now = { state: 'pending', ahead: 3 as number | null, lines: [] as string[], isOver: false };
  const worker = { worker_id: 'w1', worker_name: 'mac mini' };
  fake.on('GET /api/builds/:id', () =>
    buildStatus({ ...worker, state: now.state, attempt: now.state === 'pending' ? 0 : 1 }),
  );
  fake.on('GET /api/builds/:id/status', () => buildStatus({ ...worker, state: now.state, error_message: 'exit 65' }));
  fake.on('GET /api/builds/:id/queue', () => ({
    body: { id: 'b1', state: now.state, ahead: now.ahead, may_be_more: false, workers: 2, starts_in_ms: 400_000 },
  }));
  fake.on('GET /api/builds/:id/logs', ({ query }) => {
    const from = Number(query.get('cursor') ?? 0);
    return logPage(now.lines.slice(from), String(now.lines.length), now.isOver);
  });
  fake.on(CANCEL, () => ({ body: { success: true, status: 'cancelled' } }));
  return now;
}

async function terminal(args: readonly string[], env: Record<string, string> = {}) {
  const cwd = await temporaryFolder({ 'a.ts': 'a' });
  // The tests may themselves run in a pipeline.
  const connection = { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: 'key', HOME: cwd, CI: '', ...env };
  // Ctrl-C reaches the shell, too, which is to tell how the program ended; and tmux names the terminal itself.
  const line = [
    'trap : INT;',
    `TERM=${env['TERM'] ?? 'screen'}`,
    `'${process.execPath}'`,
    '--no-warnings',
    `'${MAIN}'`,
    ...args,
  ].join(' ');
  const { screen, type } = await openTerminal(line, cwd, connection);
  // The end of a line may be empty columns.
  return { shows: async (text: string | RegExp) => (await screen(text)).replaceAll(/ +$/gm, ''), press: type };
}

/** Times and digests differ from run to run. */
const plain = (screen: string) =>
  screen.replaceAll(/\b\d+:\d\d\b/g, 'm:ss').replaceAll(/\b[0-9a-f]{64}\b/g, '<sha256>');

/** Programs start slowly where many do. */
const SLOW_MS = 120_000;

describe('in a terminal', { timeout: SLOW_MS }, () => {
  it('a wait shows the place in the queue, then the worker and the end of the log, and leaves the verdict', async () => {
    const build = serveBuild();
    serveSubmit(fake);
    const { shows } = await terminal(['submit', '--platform', 'ios', '--wait']);
    expect(plain(await shows('its turn in'))).toMatch(
      /^Packed 1 file, 0\.1 kB\nUploaded 0\.1 kB, SHA-256 <sha256>\nSubmitted build b1 for ios\nb1\nBuild b1 waits for a worker: m:ss\n {2}3 builds go before it, 2 workers for it, its turn in about 7 min$/,
    );
    build.state = 'building';
    build.ahead = null;
    build.lines = Array.from({ length: 9 }, (_, index) => `line ${index + 1}\tof a log that is ${'long '.repeat(20)}`);
    const cut = (index: number) => `  | line ${index}  of a log that is ${'long '.repeat(20)}`.slice(0, 99).trimEnd();
    expect(
      plain(await shows(/mac mini.*line 9/s))
        .split('\n')
        .slice(4),
    ).toEqual(['Build b1 is being built by mac mini: m:ss, m:ss in all', ...[4, 5, 6, 7, 8, 9].map(cut)]);
    build.state = 'completed';
    build.isOver = true;
    expect(
      plain(await shows('ended with 0'))
        .split('\n')
        .slice(3),
    ).toEqual(['b1', 'Build b1 completed at attempt 1', 'ended with 0']);
  });

  it('a build that fails leaves the end of its log', async () => {
    const build = serveBuild();
    Object.assign(build, { state: 'failed', lines: ['compiling', 'no such module'], isOver: true });
    const { shows } = await terminal(['wait', 'b1']);
    expect((await shows('ended with 1')).split('\n')).toEqual([
      '1970-01-01T00:00:00.000Z info  compiling',
      '1970-01-01T00:00:00.000Z info  no such module',
      'Build b1 failed at attempt 1: exit 65',
      'failed',
      'ended with 1',
    ]);
  });

  const QUESTION = 'Build b1 is not over. Cancel it (c), or detach and let it go on (d)? [d]:';
  const GOES_ON = 'Build b1 goes on; "buildlatch wait b1" waits for it, "buildlatch cancel b1" ends it';

  it.each<[string, string[], string, number]>([
    ['c cancels', ['c', 'Enter'], 'Build b1 is cancelled', 1],
    ['d detaches', ['d', 'Enter'], GOES_ON, 0],
    ['Enter detaches', ['Enter'], GOES_ON, 0],
    ['another Ctrl-C leaves at once, and cancels nothing', ['C-c'], GOES_ON, 0],
  ])('Ctrl-C asks: %s', async (_what, keys, outcome, cancels) => {
    serveBuild();
    const { shows, press } = await terminal(['wait', 'b1']);
    await shows('its turn in');
    await press('C-c');
    // Of the view nothing is left.
    expect(await shows('Cancel it')).toBe(QUESTION);
    await press(...keys);
    const typed = keys.includes('Enter') && keys.length > 1 ? ` ${keys[0]}` : '';
    expect(await shows('ended with 130')).toBe(`${QUESTION}${typed}\n${outcome}\nInterrupted\nended with 130`);
    expect(fake.seen(CANCEL)).toHaveLength(cancels);
  });

  it('Ctrl-C does not ask whoever has said what they want', async () => {
    serveBuild();
    const { shows, press } = await terminal(['wait', 'b1'], { BUILDLATCH_WAIT_ON_INTERRUPT: 'cancel' });
    await shows('its turn in');
    await press('C-c');
    expect(await shows('ended with 130')).toBe('Build b1 is cancelled\nInterrupted\nended with 130');
    expect(fake.seen(CANCEL)).toHaveLength(1);
  });

  it('nobody is asked in a pipeline that has a terminal', async () => {
    serveBuild();
    const { shows, press } = await terminal(['wait', 'b1'], { CI: 'true' });
    await shows('its turn in');
    await press('C-c');
    expect(await shows('ended with 130')).toContain(`${GOES_ON}\nInterrupted\nended with 130`);
    expect(fake.seen(CANCEL)).toEqual([]);
  });

  it.each([{ TERM: 'dumb' }, { CI: 'true' }])('%o has plain lines instead of a view', async (env) => {
    const build = serveBuild();
    build.lines = ['compiling'];
    const { shows } = await terminal(['wait', 'b1'], env);
    await shows('3 builds go before it');
    build.state = 'completed';
    build.isOver = true;
    const screen = await shows('ended with 0');
    expect(screen).toContain('1970-01-01T00:00:00.000Z info  compiling\n');
    expect(screen).toContain('Build b1: 3 builds go before it, 2 workers for it, its turn in about 7 min\n');
    expect(screen).toMatch(/Build b1 completed at attempt 1\ncompleted\nended with 0$/);
  });
});
