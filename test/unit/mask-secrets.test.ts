import { describe, expect, it } from 'vitest';
import { maskSecrets, privateKeyMask } from '../../lib/domain/mask-secrets.ts';
import { linesOf } from '../../lib/runtime/log-lines.ts';
import { NOW } from '../support/builders.ts';
import { LINE_CHARACTERS } from '../support/settings.ts';

/** Put together here, so that no scanner takes this file for a leak. */
const random = 'Ab3dE5gH'.repeat(6);
const joined = (...parts: string[]) => parts.join('');

const mask = (text: string, ...known: string[]) => maskSecrets(text, known);

describe('in a log', () => {
  it.each([
    ['of GitHub', joined('ghp', '_', random.slice(0, 36))],
    ['of GitHub, fine-grained', joined('github', '_pat_', random)],
    ['of GitLab', joined('glpat', '-', random.slice(0, 20))],
    ['of npm', joined('npm', '_', random.slice(0, 36))],
    ['of AWS', joined('AK', 'IA', 'ABCDEFGH12345678')],
    ['of Slack', joined('xox', 'b-', '123456789012-', random)],
    ['of Stripe', joined('sk', '_live_', random)],
    ['of Google', joined('AI', 'za', random.slice(0, 35))],
    ['of Expo', joined('expo', '_', random)],
    ['that is signed', joined('ey', 'J', random, '.ey', 'J', random, '.', random)],
  ])('a token %s is masked wherever it stands', (_of, token) => {
    for (const text of [token, `fatal: ${token} refused`, `https://x:${token}@host/`, `a=${token}&b`, `"${token}"`]) {
      expect(mask(text)).not.toContain(token.slice(6, 20));
      expect(mask(text)).toContain('[masked]');
    }
  });

  it('what the build proves itself with is masked, all of it, every time', () => {
    expect(mask(`${random} and ${random}`, 'x'.repeat(43), random)).toBe('[masked] and [masked]');
    expect(mask('short words stay', 'words')).toBe('short words stay');
    const { lines } = linesOf(
      { level: 'info', message: `+ curl -H X-API-Key:${random}` },
      NOW,
      [random],
      LINE_CHARACTERS,
    );
    expect(lines[0]?.message).toBe('+ curl -H X-API-Key:[masked]');
  });

  it.each([
    ['PASSWORD=hunter2', 'PASSWORD=[masked]'],
    ['DB_PASSWORD = "correct horse"', 'DB_PASSWORD = "[masked] horse"'],
    ['export EXPO_TOKEN=abcDEF-123_x', 'export EXPO_TOKEN=[masked]'],
    ['//packages.example/:_authToken=abcdef', '//packages.example/:_authToken=[masked]'],
    ['fastlane --password s3cretpw', 'fastlane --password [masked]'],
    ['{"secret": "abcd", "n": 1}', '{"secret": "[masked]", "n": 1}'],
    ["passphrase: 'abc d'", "passphrase: 'abc d'"],
    ['aws_secret_access_key: wJalr/XUtnF3MI', 'aws_secret_access_key: [masked]'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer [masked]'],
    ['cloning https://me:pa55word@host/repo', 'cloning https://me:[masked]@host/repo'],
  ])('what is named as secret is masked, and its name stays: %s', (text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each([
    'Enter password:',
    'password: required',
    'error: token expired at 12:05',
    'PASSWORD=$PASSWORD',
    'apiKey: undefined',
    "Unexpected token '}' in tokenizer.js:12:5",
    'TOKEN_COUNT = 5',
    'CompileSwift normal arm64 SecretStore.swift',
    'secret Manager.swift:12 compiled',
    'commit 3f786850e387550fdab836ed7e6dc881de23001b',
    'sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'see https://example.org/a:b/c',
    'user@example.org',
  ])('what is no secret stays: %s', (text) => {
    expect(mask(text)).toBe(text);
    expect(privateKeyMask()(text)).toBe(text);
  });

  it('a private key is masked over all its lines, and where the next request begins in the middle of it', () => {
    const body = ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj', 'QbuAb3dE='];
    const [begin, end] = ['BEGIN', 'END'].map((word) => `-----${word} RSA PRIVATE KEY-----`);
    const key = [begin, ...body, end] as string[];
    const maskLine = privateKeyMask();
    expect([...key, 'next step'].map(maskLine)).toEqual([...key.map(() => '[masked]'), 'next step']);
    expect(privateKeyMask()(`key: ${key.join('\n')}\nnext`)).toBe(`key: ${key.map(() => '[masked]').join('\n')}\nnext`);
    expect(privateKeyMask()(body[0] ?? '')).toBe('[masked]');
    const left = privateKeyMask();
    expect([begin ?? '', 'no key follows', 'word'].map(left)).toEqual(['[masked]', 'no key follows', 'word']);
  });

  it('takes no longer for what is made to take long', () => {
    const hostile = [
      'password',
      'password=',
      'token ',
      '://a:',
      'ghp_',
      'eyJ',
      `eyJ${'a'.repeat(1990)}.`,
      'npm_',
      'xoxb-',
    ]
      .concat([
        'authorization: bearer ',
        `password${' '.repeat(100)}`,
        'expo_',
        '-----BEGIN ',
        'AKIA',
        'Aa',
        '"',
        'AIza',
      ])
      .map((part) => part.repeat(Math.ceil(250_000 / part.length)));
    for (const text of hostile) {
      const startedAt = performance.now();
      privateKeyMask()(mask(`${text}@`, random));
      // Linear is 20 ms; quadratic would be minutes.
      expect(performance.now() - startedAt, text.slice(0, 20)).toBeLessThan(3_000);
    }
  });
});
