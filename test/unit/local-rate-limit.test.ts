import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { askerOf } from '../../infra/local/asker.ts';
import { createRateLimiter, type RateLimits } from '../../infra/local/rate-limit.ts';
import { createTokenBuckets } from '../../infra/local/token-buckets.ts';

const HEARTBEAT = 'POST /api/workers/heartbeat';
const OFF: RateLimits = { RATE_LIMIT_PER_KEY: 0, RATE_LIMIT_PER_ADDRESS: 0, RATE_LIMIT_FAILED_AUTH: 0 };

const limiter = (limits: Partial<RateLimits>) => createRateLimiter({ ...OFF, ...limits }, [HEARTBEAT]);
const match = (file: string, routeKey = 'GET /x') => ({ file: `api/${file}`, routeKey, pathParameters: {} });
const poll = (address: string, ...credentials: string[]) => ({ address, credentials, match: match('poll') });

function requestOf(headersDistinct: Record<string, string[]>): IncomingMessage {
  return { headersDistinct, socket: { remoteAddress: '10.0.0.9' } } as unknown as IncomingMessage;
}

test('an address is that of the connection, and what a proxy says only where it is ours', () => {
  const request = requestOf({ 'x-forwarded-for': ['1.1.1.1, 2.2.2.2', '3.3.3.3'] });
  expect(askerOf(request, false).address).toBe('10.0.0.9');
  expect(askerOf(request, true).address).toBe('3.3.3.3');
  expect(askerOf(requestOf({}), true).address).toBe('10.0.0.9');
});

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['192.0.2.7', '192.0.2.7'],
  ['unknown', 'unknown'],
])('of %s, %s is counted', (remote, counted) => {
  expect(askerOf(requestOf({ 'x-forwarded-for': [remote] }), true).address).toBe(counted);
});

test('of a credential only its SHA-256 is kept', () => {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const request = requestOf({ 'x-api-key': ['one'], 'x-worker-token': ['two'], authorization: ['three'] });
  expect(askerOf(request, false).credentials).toEqual([hash('one'), hash('two')]);
});

test('a bucket gives a minute’s worth at once, and then as fast as it fills', () => {
  const buckets = createTokenBuckets(60);
  for (let taken = 0; taken < 60; taken++) {
    expect(buckets.waitSeconds('a', 0)).toBe(0);
    buckets.take('a', 0);
  }
  expect(buckets.waitSeconds('a', 0)).toBe(1);
  expect(buckets.waitSeconds('a', 999)).toBe(1);
  expect(buckets.waitSeconds('a', 1_000)).toBe(0);
  expect(buckets.waitSeconds('b', 0)).toBe(0);
  buckets.take('a', 1_000);
  // A clock that is set back fills nothing.
  expect(buckets.waitSeconds('a', -600_000)).toBe(1);
});

test('a bucket never holds more than a minute’s worth, and owes no more', () => {
  const buckets = createTokenBuckets(2);
  buckets.take('a', 0);
  buckets.take('a', 3_600_000);
  buckets.take('a', 3_600_000);
  expect(buckets.waitSeconds('a', 3_600_000)).toBe(30);
  for (let taken = 0; taken < 100; taken++) buckets.take('a', 3_600_000);
  expect(buckets.waitSeconds('a', 3_600_000)).toBe(90);
});

test('forgets who has not been seen for longest', () => {
  const buckets = createTokenBuckets(1, 2);
  for (const name of ['a', 'b', 'a', 'c']) buckets.take(name, 0);
  expect(buckets.size()).toBe(2);
  expect(['a', 'b', 'c'].filter((name) => buckets.waitSeconds(name, 0) > 0)).toEqual(['a', 'c']);
});

test('remembers at most 10,000 of each kind, however many there are', () => {
  const limits = limiter({ RATE_LIMIT_PER_KEY: 5, RATE_LIMIT_PER_ADDRESS: 5, RATE_LIMIT_FAILED_AUTH: 5 });
  for (let index = 0; index < 12_000; index++) {
    for (const status of [200, 403]) {
      const asked = poll(`address ${index}`, `key ${index}`);
      expect(limits.admit(asked, 0)).toBeUndefined();
      limits.answered(asked, status, 0);
    }
  }
  expect(limits.size()).toBe(40_000);
});

test('counts each key that comes with a request, wherever from, and names the setting', () => {
  const limits = limiter({ RATE_LIMIT_PER_KEY: 2 });
  expect(limits.admit(poll('a', 'key'), 0)).toBeUndefined();
  expect(limits.admit(poll('b', 'junk', 'key'), 0)).toBeUndefined();
  const error = 'More than 2 requests a minute with one key (RATE_LIMIT_PER_KEY): try again in 30 s';
  expect(limits.admit(poll('c', 'key', 'other junk'), 0)).toEqual({ error, retryAfterSeconds: 30 });
  expect(limits.admit(poll('a', 'another key'), 0)).toBeUndefined();
  expect(limits.admit(poll('a', 'key'), 30_000)).toBeUndefined();
});

test('counts each address, but no protected route', () => {
  const limits = limiter({ RATE_LIMIT_PER_ADDRESS: 1 });
  const beat = { address: 'a', credentials: ['key'], match: match('heartbeat', HEARTBEAT) };
  for (let beats = 0; beats < 5; beats++) expect(limits.admit(beat, 0)).toBeUndefined();
  expect(limits.admit({ address: 'a', credentials: [] }, 0)).toBeUndefined();
  expect(limits.admit(poll('a'), 0)?.error).toContain('RATE_LIMIT_PER_ADDRESS');
  expect(limits.admit(beat, 0)).toBeUndefined();
  expect(limits.admit(poll('b'), 0)).toBeUndefined();
});

test('a request that may not go on costs nothing', () => {
  const limits = limiter({ RATE_LIMIT_PER_KEY: 1, RATE_LIMIT_PER_ADDRESS: 2 });
  for (let tries = 0; tries < 10; tries++) limits.admit(poll('a', 'key'), 0);
  expect(limits.admit(poll('a', 'another key'), 0)).toBeUndefined();
});

test('who guesses is slowed down, and what has opened something is not', () => {
  const limits = limiter({ RATE_LIMIT_FAILED_AUTH: 2 });
  limits.answered(poll('a', 'good'), 200, 0);
  for (const guess of ['guess 1', 'guess 2']) {
    expect(limits.admit(poll('a', guess), 0)).toBeUndefined();
    limits.answered(poll('a', guess), 403, 0);
  }
  expect(limits.admit(poll('a', 'guess 3'), 0)?.error).toContain('RATE_LIMIT_FAILED_AUTH');
  expect(limits.admit(poll('a'), 0)?.retryAfterSeconds).toBe(30);
  expect(limits.admit(poll('a', 'good'), 0)).toBeUndefined();
  expect(limits.admit({ ...poll('a'), match: match('health') }, 0)).toBeUndefined();
  expect(limits.admit(poll('b', 'guess 3'), 0)).toBeUndefined();
  limits.answered(poll('a', 'good'), 401, 0);
  expect(limits.admit(poll('a', 'good'), 0)?.error).toContain('RATE_LIMIT_FAILED_AUTH');
});

test('a refused heartbeat is no guess: workers that lost their builds keep nobody out', () => {
  const limits = limiter({ RATE_LIMIT_FAILED_AUTH: 1 });
  limits.answered({ address: 'a', credentials: ['old'], match: match('heartbeat', HEARTBEAT) }, 401, 0);
  expect(limits.admit(poll('a', 'new'), 0)).toBeUndefined();
});

test('neither an endpoint for anyone nor a good token beside it proves a guess', () => {
  const limits = limiter({ RATE_LIMIT_FAILED_AUTH: 1 });
  limits.answered({ ...poll('a', 'guess'), match: match('health') }, 200, 0);
  limits.answered(poll('a', 'guess', 'good'), 200, 0);
  limits.answered(poll('a', 'another guess'), 401, 0);
  expect(limits.admit(poll('a', 'guess'), 0)).toBeDefined();
});
