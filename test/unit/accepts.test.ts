import { describe, expect, it } from 'vitest';
import { accepts } from '../../lib/runtime/accepts.ts';

describe('who accepts', () => {
  it.each([
    ['gzip, deflate, br, zstd', true, true],
    ['br;q=0, gzip', false, true],
    ['br;q=0.0,gzip;q=0.5', false, true],
    ['GZIP', false, true],
    ['br ; q=1', true, false],
    ['gzip;q=0.000', false, false],
    ['gzip;q=0.001', false, true],
    ['brotli, xgzip', false, false],
    ['*', true, true],
    ['br;q=0, *', false, true],
    ['gzip, *;q=0', false, true],
    ['identity', false, false],
    ['gzip;q=', false, false],
    ['', false, false],
    [undefined, false, false],
  ])('%s takes brotli: %s, gzip: %s', (header, br, gzip) => {
    expect([accepts(header, 'br'), accepts(header, 'gzip')]).toEqual([br, gzip]);
  });
});
