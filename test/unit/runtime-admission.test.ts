import { describe, expect, it } from 'vitest';
import type { Build } from '../../lib/domain/build.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import type { Worker } from '../../lib/domain/worker.ts';
import { ACCESS, type Endpoint } from '../../lib/runtime/access.ts';
import { admit, identify } from '../../lib/runtime/admission.ts';
import type { Headers } from '../../lib/runtime/api.ts';
import { isSameSecret, secrets, sha256 } from '../../lib/runtime/secrets.ts';
import { aBuild, aGate, aWorker, NOW } from '../support/builders.ts';

const KEY = 'k'.repeat(43);
const ID = 'w'.repeat(21);
const TOKEN = `${ID}${'t'.repeat(43)}`;
const BUILD_TOKEN = 'b'.repeat(43);
const hashed = { workerId: ID, tokenHash: secrets.hash(TOKEN) };

interface Stored {
  readonly build?: Build | undefined;
  readonly worker?: Worker | undefined;
}

/** Both looks at a request, as the pipeline takes them: what the handler is given, or the code of the refusal. */
async function outcomeOf(endpoint: Endpoint, headers: Headers, input: object = {}, stored: Stored = {}) {
  const gate = aGate({
    builds: { get: async () => stored.build },
    workers: { get: async (id) => (stored.worker?.id === id ? stored.worker : undefined) },
  });
  const rule = ACCESS[endpoint];
  try {
    return await identify(rule, gate, await admit(rule, gate, headers), input);
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
  const project = (headers: Headers) => outcomeOf('list-builds', headers);

  it('is the only thing that opens what is the project’s', async () => {
    expect(await project({ 'x-api-key': KEY })).toMatchObject({ by: 'key root', key: { id: 'root' } });
    expect(await project({})).toBe('missing_credential');
    expect(await project({ 'x-api-key': '' })).toBe('missing_credential');
    const wrong = [KEY.slice(1), `${KEY}k`, KEY.toUpperCase(), `${KEY},${KEY}`, ` ${KEY}`, 'x'.repeat(1_000_000)];
    for (const key of wrong) expect(await project({ 'x-api-key': key })).toBe('invalid_credential');
    expect(await project({ 'x-worker-token': TOKEN, 'x-build-token': BUILD_TOKEN })).toBe('missing_credential');
  });

  it('is compared whole, whatever the length', () => {
    expect(isSameSecret(KEY, KEY)).toBe(true);
    for (const other of ['', KEY.slice(1), `${KEY}x`, `x${KEY.slice(1)}`]) expect(isSameSecret(other, KEY)).toBe(false);
  });
});

describe('the first look', () => {
  const first = async (endpoint: Endpoint, headers: Headers) => {
    try {
      return (await admit(ACCESS[endpoint], aGate(), headers)).key?.id;
    } catch (error) {
      return error instanceof Rejection ? error.code : error;
    }
  };

  it('lets a token pass only where one is looked at later', async () => {
    const pass = undefined;
    expect(await first('build-status', { 'x-build-token': 'x' })).toBe(pass);
    expect(await first('build-status', { 'x-worker-token': 'x' })).toBe('missing_credential');
    expect(await first('heartbeat', { 'x-worker-token': 'x' })).toBe(pass);
    expect(await first('heartbeat', { 'x-build-token': 'x' })).toBe('missing_credential');
    expect(await first('poll', { 'x-worker-token': 'x', 'x-api-key': 'wrong' })).toBe(pass);
    expect(await first('poll', { 'x-worker-token': '', 'x-api-key': '' })).toBe('missing_credential');
  });
});

describe('the claim of a worker', () => {
  const claimed = (headers: Headers, input: object = {}) => outcomeOf('heartbeat', headers, input);

  it.each(combinations)('with key $key, token $token and id $id', async ({ key, token, id, headers }) => {
    const found = await claimed(headers);
    if (key === 'good' && id === 'good') expect(found).toMatchObject({ claim: { workerId: 'worker-1' } });
    else if (token === 'good') expect(found).toEqual({ by: `worker ${ID}`, claim: hashed });
    else if (key === 'good') expect(found).toBe('invalid_request');
    else if (token === 'malformed') expect(found).toBe('worker_token_invalid');
    else expect(found).toBe(key === 'wrong' ? 'invalid_credential' : 'missing_credential');
  });

  it('carries the attempt, and takes the id of the request before that of the header', async () => {
    const headers = { 'x-api-key': KEY, 'x-worker-id': 'worker-1' };
    expect(await claimed(headers, { worker_id: 'worker-2', attempt: 3 })).toMatchObject({
      claim: { workerId: 'worker-2', attempt: 3 },
    });
    expect(await claimed({ 'x-worker-token': TOKEN }, { attempt: 3 })).toMatchObject({
      claim: { ...hashed, attempt: 3 },
    });
  });

  it('by a token is only ever that of the worker in it', async () => {
    const headers = { 'x-worker-token': TOKEN, 'x-worker-id': 'worker-1' };
    expect(await claimed(headers, { worker_id: 'worker-2' })).toMatchObject({ claim: hashed });
  });

  it.each([`${TOKEN}x`, TOKEN.slice(1), `${TOKEN.slice(1)}.`, ` ${TOKEN}`, `${TOKEN},${TOKEN}`])(
    'is refused for the token %s',
    async (token) => expect(await claimed({ 'x-worker-token': token })).toBe('worker_token_invalid'),
  );
});

describe('a poll', () => {
  const own = aWorker({ id: ID, token: { hash: hashed.tokenHash, expiresAt: NOW + 1 } });
  const other = aWorker({ id: 'worker-1' });

  it.each(combinations)(
    'with key $key, token $token and the id $id in the query',
    async ({ key, token, id, headers }) => {
      const { 'x-worker-id': workerId, ...rest } = headers;
      const input = id === 'good' ? { worker_id: workerId } : {};
      const worker = token === 'good' ? own : other;
      const found = await outcomeOf('poll', rest, input, { worker });
      if (token === 'good') expect(found).toMatchObject({ worker: own, tokenHash: hashed.tokenHash, token: TOKEN });
      else if (key === 'good' && id === 'good') expect(found).toMatchObject({ worker: other, token: undefined });
      else if (key === 'good') expect(found).toBe('invalid_request');
      else if (token === 'malformed') expect(found).toBe('worker_token_invalid');
      else expect(found).toBe(key === 'wrong' ? 'invalid_credential' : 'missing_credential');
    },
  );

  it('with a token that is not good is that of the named worker, if the key is', async () => {
    const headers = { 'x-worker-token': TOKEN, 'x-api-key': KEY };
    expect(await outcomeOf('poll', headers, { worker_id: 'worker-1' }, { worker: other })).toMatchObject({
      worker: other,
    });
    expect(await outcomeOf('poll', headers, {}, { worker: other })).toBe('worker_token_invalid');
    expect(await outcomeOf('poll', { 'x-api-key': KEY }, { worker_id: ID }, { worker: other })).toBe(
      'worker_not_found',
    );
  });

  it('may name another worker than the token’s, but to unregister it does not', async () => {
    const headers = { 'x-worker-token': TOKEN };
    const named = { worker_id: 'worker-1' };
    expect(await outcomeOf('poll', headers, named, { worker: own })).toMatchObject({ worker: own });
    expect(await outcomeOf('unregister-worker', headers, named, { worker: own })).toBe('invalid_credential');
    expect(await outcomeOf('unregister-worker', headers, {}, { worker: own })).toMatchObject({ worker: own });
  });
});

describe('access to a build', () => {
  const build = aBuild('pending', { tokenHashes: [secrets.hash('first'), secrets.hash(BUILD_TOKEN)] });
  const access = (headers: Headers, found: typeof build | undefined = build) =>
    outcomeOf('build-status', headers, { id: 'build-1' }, { build: found });

  it('has who has the key or one of its tokens, whatever else is sent', async () => {
    const good: Headers[] = [
      { 'x-api-key': KEY },
      { 'x-build-token': BUILD_TOKEN },
      { 'x-build-token': 'first' },
      { 'x-api-key': KEY, 'x-build-token': 'wrong' },
      { 'x-api-key': 'wrong', 'x-build-token': BUILD_TOKEN },
      { 'x-api-key': '', 'x-build-token': BUILD_TOKEN, 'x-worker-token': 'nonsense' },
    ];
    for (const headers of good) expect(await access(headers)).toMatchObject({ build });
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
    const ask = (headers: Headers) => outcomeOf('build-status', headers, { id: 'build-2' });
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

describe('the claim of a virtual machine', () => {
  const [vm, beat] = ['v'.repeat(43), 'h'.repeat(21)];
  const asVm = { by: 'virtual machine', claim: { vmTokenHash: secrets.hash(vm) } };

  it('is made from its token where the table lets it in, and the attempt is the token’s', async () => {
    const endpoints = ['vm-ready', 'heartbeat', 'append-logs', 'download-source', 'create-result-upload'] as const;
    for (const endpoint of endpoints) {
      expect(await outcomeOf(endpoint, { 'x-vm-token': vm }, { attempt: 7 })).toEqual(asVm);
    }
    for (const endpoint of ['fail-build', 'finish-build', 'abandon-build', 'build-status', 'poll'] as const) {
      expect(await outcomeOf(endpoint, { 'x-vm-token': vm })).toBe('missing_credential');
    }
  });

  it('by the token for signs of life is one for signs of life, and elsewhere none', async () => {
    expect(await outcomeOf('heartbeat', { 'x-vm-token': beat })).toEqual({
      by: 'virtual machine',
      claim: { beatTokenHash: secrets.hash(beat) },
    });
    for (const endpoint of ['vm-ready', 'append-logs', 'download-source'] as const) {
      expect(await outcomeOf(endpoint, { 'x-vm-token': beat })).toBe('vm_token_invalid');
    }
  });

  it('is all that makes it ready: a key or a worker does not', async () => {
    const others = [{}, { 'x-api-key': KEY, 'x-worker-id': ID }, { 'x-worker-token': TOKEN }, { 'x-api-key': 'wrong' }];
    for (const headers of others) expect(await outcomeOf('vm-ready', headers)).toBe('missing_credential');
    expect(await outcomeOf('vm-ready', { ...others[1], 'x-vm-token': vm })).toEqual(asVm);
  });

  it.each(['', 'nonsense', `${vm}x`, vm.slice(1), `${beat}x`, ` ${vm}`, `${vm},${vm}`])(
    'is refused for the token "%s"',
    async (token) =>
      expect(await outcomeOf('heartbeat', { 'x-vm-token': token })).toMatch(/^(vm_token_invalid|missing_credential)$/),
  );

  it('comes after a key with the worker’s id, and a bad one beside it spoils nothing', async () => {
    const headers = { 'x-api-key': KEY, 'x-worker-id': 'worker-1', 'x-vm-token': 'nonsense' };
    expect(await outcomeOf('heartbeat', headers)).toMatchObject({ claim: { workerId: 'worker-1' } });
    expect(await outcomeOf('heartbeat', { 'x-worker-token': 'nonsense', 'x-vm-token': vm })).toEqual(asVm);
  });
});
