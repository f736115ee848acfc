import { describe, expect, it } from 'vitest';
import { readInputs, UnusableInputs } from '../../lib/client/action/inputs.ts';
import { runKey } from '../../lib/client/action/run-key.ts';
import { sourceError } from '../../lib/client/action/source-error.ts';
import { stepSummary } from '../../lib/client/action/step-summary.ts';
import { inputsOf } from '../support/github-runner.ts';

const GOOD = { url: 'https://builds.example.com', 'api-key': 'k', platform: 'ios' };

function problems(given: Record<string, string>): string[] {
  try {
    readInputs(inputsOf(given));
    return [];
  } catch (error) {
    if (!(error instanceof UnusableInputs)) throw error;
    return error.message.split('\n');
  }
}

describe('the inputs of the action', () => {
  it('are read as the runner passes them', () => {
    const given = { ...GOOD, labels: 'a, b\nc', priority: '3', timeout: '45m', download: 'out/' };
    expect(readInputs(inputsOf(given))).toMatchObject({
      ...{ labels: ['a', 'b', 'c'], priority: 3, timeoutMs: 2_700_000, download: 'out/', folder: '.', isWaiting: true },
    });
  });

  it('are refused all at once, by name, without their values', () => {
    const given = { platform: 'windows', 'api-key': 'a b', timeout: 'soon', priority: 'x', wait: 'yes', profiles: 'p' };
    const found = problems({ ...given, 'on-cancel': 'explode' });
    expect(found.map((line) => line.split(':')[0]).sort()).toEqual(
      ['api-key', 'cert', 'on-cancel', 'platform', 'priority', 'timeout', 'url', 'wait'].sort(),
    );
    expect(found.join()).not.toMatch(/windows|a b|soon|yes|explode/);
  });

  it.each([
    [{ url: 'ftp://x' }, 'url'],
    [{ url: 'https://u:p@x' }, 'url'],
    [{ wait: 'false', download: 'x' }, 'download'],
    [{ 'cert-password': 'x' }, 'cert'],
  ])('that do not fit are refused: %j', (more, name) => {
    expect(problems({ ...GOOD, ...more })).toEqual([expect.stringMatching(`^${name}: `)]);
  });
});

describe('the key of a submit', () => {
  const env = {
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'j',
    GITHUB_ACTION: 'a',
    GITHUB_REPOSITORY: 'o/r',
  };
  const signing = { certs: Buffer.from('p12'), profiles: [Buffer.from('p')] };
  const keyOf = (change: { env?: object; given?: object; signing?: typeof signing; sha256?: string }) => {
    const inputs = readInputs(inputsOf({ ...GOOD, ...change.given }));
    const key = runKey({ ...env, ...change.env }, inputs, change.signing);
    return key?.({ size: 1, sha256: change.sha256 ?? 's' });
  };

  it('is the same for the same step of the same attempt, and another for everything else', () => {
    expect(keyOf({})).toMatch(/^github-[0-9a-f]{40}$/);
    expect(keyOf({})).toBe(keyOf({}));
    const others = [
      ...Object.keys(env).map((name) => keyOf({ env: { [name]: 'other' } })),
      ...[{ platform: 'android' }, { labels: 'a' }, { priority: '1' }, { 'idempotency-key': 'x' }].map((given) =>
        keyOf({ given }),
      ),
      ...[keyOf({ sha256: 't' }), keyOf({ signing }), keyOf({ signing: { ...signing, profiles: [] } })],
    ];
    expect(new Set([keyOf({}), ...others]).size).toBe(1 + others.length);
  });

  it('is none where there is no run', () => expect(keyOf({ env: { GITHUB_RUN_ID: '' } })).toBeUndefined());
});

describe('an error of a compiler in a log', () => {
  it.each([
    [
      'src/a.swift:3:7: error: no such thing',
      { file: 'app/src/a.swift', line: 3, column: 7, message: 'no such thing' },
    ],
    ['./a.c:3: fatal error: x', { file: 'app/a.c', line: 3, column: undefined, message: 'x' }],
    ['e: a.kt:3:7: error: x', { file: 'app/a.kt', line: 3, column: 7, message: 'x' }],
    ['a b.ts(1,2): error TS2304: x', { file: 'app/a b.ts', line: 1, column: 2, message: 'TS2304: x' }],
    ['/usr/include/a.h:1:1: error: x', undefined],
    ['../a.c:1:1: error: x', { file: 'a.c', line: 1, column: 1, message: 'x' }],
    ['../../a.c:1:1: error: x', undefined],
    ['a.c:1:1: warning: x', undefined],
    ['error: a.c:1', undefined],
  ])('is found in the repository, or is of no use: %s', (text, found) => {
    expect(sourceError(text, 'app')).toEqual(found);
  });
});

describe('the summary of a step', () => {
  const status = {
    ...({ id: 'b1', status: 'failed', state: 'failed', platform: 'ios', worker_id: null, attempt: 1 } as const),
    ...{ spent_attempts: 1, max_attempts: 3, submitted_at: 0, started_at: 5_000, completed_at: 65_000 },
    ...({ error_message: '<img src=x>\n\n# no heading', failure_kind: 'build', result_sha256: null } as const),
    ...{ result_size: null, result_filename: null, labels: [], priority: 0 },
  };

  it('shows what others say as text', () => {
    const tail = ['</pre><script>', '', '', '```', '\x1b[31mred'];
    const text = stepSummary({ url: 'https://x/#/"><b>', status, file: undefined, tail });
    expect(text).not.toMatch(/<img|<script|"><b>/);
    expect(text).not.toContain('\x1b');
    expect(text).toContain('&lt;/pre&gt;&lt;script&gt;');
    expect(text).not.toMatch(/<pre>[^<]*\n\s*\n[^<]*<\/pre>/);
    expect(text).toMatch(/Waited<\/th><td>5 s.*Built<\/th><td>60 s/s);
  });

  it('is far below what GitHub takes, however long the lines are', () => {
    const tail = Array.from({ length: 50 }, () => '<'.repeat(16_384));
    expect(Buffer.byteLength(stepSummary({ url: 'https://x', status, file: undefined, tail }))).toBeLessThan(100_000);
  });
});
