import { describe, expect, it, vi } from 'vitest';
import type { BuildStore } from '../../lib/app/ports.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import type { Headers } from '../../lib/runtime/api.ts';
import {
  requireAnyCredential,
  requireApiKey,
  requireBuildAccess,
  requireClaim,
  requireWorkerCredentials,
} from '../../lib/runtime/auth.ts';
import { isSameSecret, secrets, sha256 } from '../../lib/runtime/secrets.ts';
import { aBuild } from '../support/builders.ts';

const KEY = 'k'.repeat(43);
const ID = 'w'.repeat(21);
const TOKEN = `${ID}${'t'.repeat(43)}`;
const BUILD_TOKEN = 'b'.repeat(43);
const hashed = { workerId: ID, tokenHash: secrets.hash(TOKEN) };

async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Rejection) return error.code;
    throw error;
  }
}

/** Each header: absent, empty, wrong or good. */
const KEYS = { none: undefined, empty: '', wrong: 'x'.repeat(43), good: KEY };
const WORKER_TOKENS = { none: undefined, empty: '', malformed: 'nonsense', good: TOKEN };
const WORKER_IDS = { none: undefined, empty: '', malformed: '../x', good: 'worker-1' };
const combinations = Object.entries(KEYS).flatMap(([key, apiKey]) =>
  Object.entries(WORKER_TOKENS).flatMap(([token, workerToken]) =>
    Object.entries(WORKER_IDS).map(([id, workerId]) => ({
      key,
      token,
      id,
      headers: { 'x-api-key': apiKey, 'x-worker-token': workerToken, 'x-worker-id': workerId } satisfies Headers,
    })),
  ),
);

describe('the API key', () => {
  it('is the only thing that opens what is the project’s', async () => {
    expect(await outcomeOf(() => requireApiKey({ 'x-api-key': KEY }, KEY))).toBeUndefined();
    expect(await outcomeOf(() => requireApiKey({}, KEY))).toBe('missing_credential');
    expect(await outcomeOf(() => requireApiKey({ 'x-api-key': '' }, KEY))).toBe('missing_credential');
    const wrong = [KEY.slice(1), `${KEY}k`, KEY.toUpperCase(), `${KEY},${KEY}`, ` ${KEY}`, 'x'.repeat(1_000_000)];
    for (const key of wrong)
      expect(await outcomeOf(() => requireApiKey({ 'x-api-key': key }, KEY))).toBe('invalid_credential');
    expect(await outcomeOf(() => requireApiKey({ 'x-worker-token': TOKEN, 'x-build-token': BUILD_TOKEN }, KEY))).toBe(
      'missing_credential',
    );
  });

  it('may be replaced by any token where a token is looked at later', async () => {
    expect(await outcomeOf(() => requireAnyCredential({ 'x-build-token': 'x' }, KEY))).toBeUndefined();
    expect(await outcomeOf(() => requireAnyCredential({ 'x-worker-token': 'x' }, KEY))).toBeUndefined();
    expect(await outcomeOf(() => requireAnyCredential({ 'x-worker-token': '', 'x-build-token': '' }, KEY))).toBe(
      'missing_credential',
    );
  });

  it('is compared whole, whatever the length', () => {
    expect(isSameSecret(KEY, KEY)).toBe(true);
    for (const other of ['', KEY.slice(1), `${KEY}x`, `x${KEY.slice(1)}`]) expect(isSameSecret(other, KEY)).toBe(false);
  });
});

describe('the claim of a worker', () => {
  it.each(combinations)('with key $key, token $token and id $id', async ({ key, token, id, headers }) => {
    const claim = await outcomeOf(() => requireClaim(headers, KEY, {}));
    if (key === 'good' && id === 'good') expect(claim).toEqual({ workerId: 'worker-1' });
    else if (token === 'good') expect(claim).toEqual(hashed);
    else if (key === 'good') expect(claim).toBe('invalid_request');
    else if (token === 'malformed') expect(claim).toBe('worker_token_invalid');
    else expect(claim).toBe(key === 'wrong' ? 'invalid_credential' : 'missing_credential');
  });

  it('carries the attempt, and takes the id of the request before that of the header', () => {
    const headers = { 'x-api-key': KEY, 'x-worker-id': 'worker-1' };
    expect(requireClaim(headers, KEY, { worker_id: 'worker-2', attempt: 3 })).toEqual({
      workerId: 'worker-2',
      attempt: 3,
    });
    expect(requireClaim({ 'x-worker-token': TOKEN }, KEY, { attempt: 3 })).toEqual({ ...hashed, attempt: 3 });
  });

  it('by a token is only ever that of the worker in it', () => {
    const headers = { 'x-worker-token': TOKEN, 'x-worker-id': 'worker-1' };
    expect(requireClaim(headers, KEY, { worker_id: 'worker-2' })).toEqual(hashed);
  });

  it.each([`${TOKEN}x`, TOKEN.slice(1), `${TOKEN.slice(1)}.`, ` ${TOKEN}`, `${TOKEN},${TOKEN}`])(
    'is refused for the token %s',
    async (token) => {
      expect(await outcomeOf(() => requireClaim({ 'x-worker-token': token }, KEY, {}))).toBe('worker_token_invalid');
    },
  );
});

describe('a poll', () => {
  it.each(combinations)(
    'with key $key, token $token and the id $id in the query',
    async ({ key, token, id, headers }) => {
      const { 'x-worker-id': workerId, ...rest } = headers;
      const asId = id === 'good' ? workerId : undefined;
      const found = await outcomeOf(() => requireWorkerCredentials(rest, KEY, asId));
      const byId = key === 'good' && asId ? [{ workerId: asId }] : [];
      const byToken = token === 'good' ? [hashed] : [];
      if (byToken.length + byId.length > 0) expect(found).toEqual([...byToken, ...byId]);
      else if (key === 'good') expect(found).toBe('invalid_request');
      else if (token === 'malformed') expect(found).toBe('worker_token_invalid');
      else expect(found).toBe(key === 'wrong' ? 'invalid_credential' : 'missing_credential');
    },
  );
});

describe('access to a build', () => {
  const build = aBuild('pending', { tokenHashes: [secrets.hash('first'), secrets.hash(BUILD_TOKEN)] });
  const access = (headers: Headers, found: typeof build | undefined = build) => {
    const builds = { get: vi.fn(async () => found) } satisfies Pick<BuildStore, 'get'> as unknown as BuildStore;
    return outcomeOf(() => requireBuildAccess(builds, headers, KEY, 'build-1'));
  };

  it('has who has the key or one of its tokens, whatever else is sent', async () => {
    const good: Headers[] = [
      { 'x-api-key': KEY },
      { 'x-build-token': BUILD_TOKEN },
      { 'x-build-token': 'first' },
      { 'x-api-key': KEY, 'x-build-token': 'wrong' },
      { 'x-api-key': 'wrong', 'x-build-token': BUILD_TOKEN },
      { 'x-api-key': '', 'x-build-token': BUILD_TOKEN, 'x-worker-token': 'nonsense' },
    ];
    for (const headers of good) expect(await access(headers)).toBe(build);
  });

  it('has nobody else, and a token learns nothing of builds that are not its own', async () => {
    expect(await access({})).toBe('missing_credential');
    expect(await access({ 'x-worker-token': TOKEN })).toBe('missing_credential');
    expect(await access({ 'x-api-key': 'wrong' })).toBe('invalid_credential');
    expect(await access({ 'x-build-token': 'wrong' })).toBe('invalid_credential');
    expect(await access({ 'x-build-token': secrets.hash(BUILD_TOKEN) })).toBe('invalid_credential');
    expect(await access({ 'x-build-token': BUILD_TOKEN }, aBuild('pending', { tokenHashes: [] }))).toBe(
      'invalid_credential',
    );
  });

  it('tells only the key that a build is not there', async () => {
    const absent = { get: async () => undefined } as unknown as BuildStore;
    const ask = (headers: Headers) => outcomeOf(() => requireBuildAccess(absent, headers, KEY, 'build-2'));
    expect([await ask({ 'x-api-key': KEY }), await ask({ 'x-build-token': BUILD_TOKEN })]).toEqual([
      'build_not_found',
      'invalid_credential',
    ]);
  });
});

describe('secrets', () => {
  const drawn = Array.from({ length: 5000 }, () => ({ id: secrets.id(), token: secrets.token() }));

  it('have the lengths and letters that every client can carry, and never begin like a flag', () => {
    for (const { id, token } of drawn) {
      expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{20}$/);
      expect(token).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{42}$/);
    }
    expect(new Set(drawn.flatMap(({ id, token }) => [id, token])).size).toBe(10_000);
  });

  it('made from a seed are the same for the same seed', () => {
    const made = Array.from({ length: 2000 }, (_, index) => secrets.idFrom(`seed ${index}`));
    expect(new Set(made).size).toBe(2000);
    expect(made.every((id) => /^[A-Za-z0-9_][A-Za-z0-9_-]{20}$/.test(id))).toBe(true);
    expect(secrets.idFrom('seed 0')).toBe(made[0]);
  });

  it('are stored as SHA-256 only', () => {
    expect(secrets.hash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256(Buffer.from('abc')).toString('hex')).toBe(secrets.hash('abc'));
  });
});
