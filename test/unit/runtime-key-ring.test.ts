import { describe, expect, it, vi } from 'vitest';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import { keyRing } from '../../lib/runtime/key-ring.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { aKey, NOW } from '../support/builders.ts';

const PROJECT = 'p'.repeat(64);
const SECRET = `${'i'.repeat(21)}${'s'.repeat(43)}`;
const record = aKey({ id: 'i'.repeat(21), hash: secrets.hash(SECRET) });

function ring(found: ApiKey | undefined = record) {
  const state = { now: NOW, found };
  const get = vi.fn(async (_id: string) => state.found);
  return { state, get, keyOf: keyRing(PROJECT, { get }, () => state.now) };
}

describe('the ring of keys', () => {
  it('knows the project’s own key without a read, even one that looks like a key with a record', async () => {
    const { keyOf, get } = ring();
    expect(await keyOf(PROJECT)).toEqual({ key: { id: 'root', scopes: ['admin'] } });
    expect(get).not.toHaveBeenCalled();
  });

  it('finds a key by the id that it begins with, and compares the whole', async () => {
    const { keyOf, get } = ring();
    expect(await keyOf(SECRET)).toEqual({ key: record });
    expect(get.mock.calls).toEqual([[record.id]]);
    const wrong = [
      `${SECRET.slice(0, -1)}x`,
      SECRET.toUpperCase(),
      `${SECRET.slice(0, 21)}${'x'.repeat(43)}`,
      record.hash,
    ];
    for (const presented of wrong) expect(await keyOf(presented)).toEqual({ refusal: 'Invalid API key' });
  });

  it.each([
    '',
    SECRET.slice(1),
    `${SECRET}s`,
    `-${SECRET.slice(1)}`,
    `${SECRET.slice(1)}.`,
    record.id,
    `${SECRET},${SECRET}`,
    'x'.repeat(1_000_000),
  ])('reads nothing for what cannot be a key (%#)', async (presented) => {
    const { keyOf, get } = ring();
    expect(await keyOf(presented)).toEqual({ refusal: 'Invalid API key' });
    expect(get).not.toHaveBeenCalled();
  });

  it('asks for a record once a minute: so long may a revoked key live, and no longer', async () => {
    const { keyOf, get, state } = ring();
    await Promise.all([keyOf(SECRET), keyOf(SECRET)]);
    state.found = { ...record, revokedAt: NOW };
    state.now = NOW + 59_999;
    expect(await keyOf(SECRET)).toEqual({ key: record });
    expect(get).toHaveBeenCalledTimes(1);
    state.now = NOW + 60_000;
    expect(await keyOf(SECRET)).toEqual({ refusal: 'Invalid API key: it has been revoked' });
  });

  it('lets a key end at its millisecond, whatever it remembers', async () => {
    const { keyOf, state } = ring({ ...record, expiresAt: NOW + 1000 });
    state.now = NOW + 999;
    expect(await keyOf(SECRET)).toHaveProperty('key');
    state.now = NOW + 1000;
    expect(await keyOf(SECRET)).toEqual({ refusal: 'Invalid API key: it has expired' });
  });

  it('tells who has only the id nothing of the key', async () => {
    const { keyOf } = ring({ ...record, revokedAt: NOW });
    expect(await keyOf(`${record.id}${'x'.repeat(43)}`)).toEqual({ refusal: 'Invalid API key' });
  });

  it('asks once in ten seconds for an id that nobody has, however often it is guessed', async () => {
    const { keyOf, get, state } = ring();
    state.found = undefined as never;
    for (let guess = 0; guess < 100; guess++) {
      expect(await keyOf(SECRET)).toEqual({ refusal: 'Invalid API key' });
      state.now += 99;
    }
    expect(get).toHaveBeenCalledTimes(1);
    state.found = record;
    state.now = NOW + 9_999;
    expect(await keyOf(SECRET)).toHaveProperty('refusal');
    state.now = NOW + 10_000;
    expect(await keyOf(SECRET)).toEqual({ key: record });
    expect(get).toHaveBeenCalledTimes(2);
  });

  it('remembers a thousand guesses, and drives out no key that is in use for them', async () => {
    const { keyOf, get, state } = ring();
    expect(await keyOf(SECRET)).toHaveProperty('key');
    state.found = undefined as never;
    const guess = (index: number) => keyOf(`${String(index).padStart(21, '0')}${'s'.repeat(43)}`);
    for (let index = 0; index <= 1000; index++) await guess(index);
    get.mockClear();
    expect(await keyOf(SECRET)).toHaveProperty('key');
    await guess(1);
    expect(get).not.toHaveBeenCalled();
    await guess(0);
    expect(get).toHaveBeenCalledTimes(1);
  });

  it('remembers neither failures nor more than a thousand', async () => {
    const { keyOf, get } = ring();
    get.mockRejectedValueOnce(new Error('throttled'));
    await expect(keyOf(SECRET)).rejects.toThrow('throttled');
    expect(await keyOf(SECRET)).toHaveProperty('key');
    for (let index = 0; index < 1000; index++) await keyOf(`${String(index).padStart(21, '0')}${'s'.repeat(43)}`);
    get.mockClear();
    await keyOf(SECRET);
    expect(get).toHaveBeenCalledTimes(1);
  });
});
