import { describe, expect, it } from 'vitest';
import { nameFromDisposition, safeFileName } from '../../lib/client/transfer/output-name.ts';
import { isUnderBase, joinUrl, parseBaseUrl, resolveAnswerUrl } from '../../lib/client/urls.ts';

describe('a file name from the network', () => {
  it.each([
    ['app.ipa', 'app.ipa'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\evil.exe', 'evil.exe'],
    ['.bashrc', 'bashrc'],
    ['-rf', 'rf'],
    ['a\nb\u202e.ipa', 'ab.ipa'],
    ['größe app.ipa', 'größe app.ipa'],
    ['..', undefined],
    ['/', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j becomes %j', (name, expected) => {
    expect(safeFileName(name)).toBe(expected);
  });

  it('is short enough for a file system, and keeps its end', () => {
    const name = safeFileName(`${'é'.repeat(300)}.ipa`) ?? '';
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name.endsWith('.ipa')).toBe(true);
  });

  it.each([
    ['attachment; filename="app.ipa"', 'app.ipa'],
    ['attachment; filename=app.ipa', 'app.ipa'],
    ['attachment; filename="a\\"b.ipa"', 'ab.ipa'],
    ['attachment; filename="x.ipa"; filename*=UTF-8\'\'%41pp.ipa', 'App.ipa'],
    ['attachment; filename="../../x.ipa"', 'x.ipa'],
    ['inline', undefined],
    [null, undefined],
  ])('in %j is %j', (disposition, expected) => {
    expect(nameFromDisposition(disposition)).toBe(expected);
  });
});

describe('an address', () => {
  it('may have a path prefix and a trailing slash', () => {
    expect(joinUrl('https://x.example/stage/', '/api/builds')).toBe('https://x.example/stage/api/builds');
    expect(resolveAnswerUrl('https://x.example/stage/', '/api/a')).toBe('https://x.example/stage/api/a');
    expect(resolveAnswerUrl('https://x.example', 'https://s3.example/a?b')).toBe('https://s3.example/a?b');
    expect(parseBaseUrl('https://x.example/stage//')).toEqual({ url: 'https://x.example/stage' });
  });

  it.each(['file:///etc/passwd', '//evil.example/x', 'nonsense'])('in an answer is not %j', (url) => {
    expect(() => resolveAnswerUrl('https://x.example', url)).toThrow();
  });

  it.each(['x.example', 'ftp://x.example', 'https://user:pass@x.example', 'https://x.example/?a=b'])(
    'of a controller is not %j',
    (url) => {
      expect(parseBaseUrl(url)).toHaveProperty('problem');
    },
  );

  it('gets credentials only under the base', () => {
    const base = 'https://x.example/stage';
    expect(isUnderBase(base, 'https://x.example/stage/api/a')).toBe(true);
    expect(isUnderBase(base, 'https://x.example/stage-two/api/a')).toBe(false);
    expect(isUnderBase(base, 'https://x.example.evil/stage/api/a')).toBe(false);
    expect(isUnderBase(base, 'http://x.example/stage/api/a')).toBe(false);
  });
});
