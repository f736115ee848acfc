import { describe, expect, it } from 'vitest';
import type { Answer } from '../../dashboard/answer.ts';
import { createSession } from '../../dashboard/session.ts';
import type { Operations } from '../../lib/client/api-types.ts';
import { hasScope, SCOPES } from '../../lib/domain/api-key.ts';

type OwnKey = Operations['GET /api/keys/self']['answer'];

const READ: OwnKey = { id: 'k1', name: 'looks', scopes: ['read'], expires_at: null };
const yes = (value: OwnKey): Answer<OwnKey> => ({ ok: true, value, nextCursor: undefined });
const no = (kind: 'signed_out' | 'away'): Answer<OwnKey> => ({
  ok: false,
  problem: { kind, code: undefined, text: 'no' },
});

function storage(): Storage & { readonly all: Map<string, string> } {
  const all = new Map<string, string>();
  const kept = {
    all,
    getItem: (name: string) => all.get(name) ?? null,
    setItem: (name: string, value: string) => void all.set(name, value),
    removeItem: (name: string) => void all.delete(name),
  };
  return kept as typeof kept & Storage;
}

describe('a session', () => {
  it('has a key once the controller knows it, and keeps it for the tab only if that is wanted', async () => {
    const kept = storage();
    const session = createSession(async () => yes(READ), kept);
    expect(await session.signIn(' secret ', false)).toBeUndefined();
    expect([session.state.value, session.key(), session.holder.value, kept.all.size]).toEqual([
      'in',
      'secret',
      READ,
      0,
    ]);
    expect(await session.signIn('secret', true)).toBeUndefined();
    expect([...kept.all.values()]).toEqual(['secret']);
  });

  it('has none after a wrong one, and says what was wrong', async () => {
    const kept = storage();
    const session = createSession(async () => no('signed_out'), kept);
    expect(await session.signIn('wrong', true)).toMatchObject({ kind: 'signed_out' });
    expect([session.state.value, session.key(), kept.all.size]).toEqual(['out', undefined, 0]);
  });

  it('is over when its holder wants it, and nothing of it is left', async () => {
    const kept = storage();
    const session = createSession(async () => yes(READ), kept);
    await session.signIn('secret', true);
    session.signOut();
    expect([session.state.value, session.key(), session.holder.value, session.reason.value, kept.all.size]).toEqual([
      'out',
      undefined,
      undefined,
      undefined,
      0,
    ]);
  });

  it('goes on with the key that the tab kept', async () => {
    const kept = storage();
    await createSession(async () => yes(READ), kept).signIn('secret', true);
    const session = createSession(async () => yes(READ), kept);
    const resumed = session.resume();
    expect(session.state.value).toBe('checking');
    expect(await resumed).toBeUndefined();
    expect([session.state.value, session.key()]).toEqual(['in', 'secret']);
  });

  it('does not go on with a key that has ended, and says so', async () => {
    const kept = storage();
    await createSession(async () => yes(READ), kept).signIn('secret', true);
    const session = createSession(async () => no('signed_out'), kept);
    await session.resume();
    expect([session.state.value, session.reason.value, kept.all.size]).toEqual(['out', 'no', 0]);
  });

  it('does not throw the kept key away because nobody is there to ask', async () => {
    const kept = storage();
    await createSession(async () => yes(READ), kept).signIn('secret', true);
    let isThere = false;
    const session = createSession(async () => (isThere ? yes(READ) : no('away')), kept);
    expect(await session.resume()).toMatchObject({ kind: 'away' });
    expect(session.state.value).toBe('checking');
    isThere = true;
    expect(await session.resume()).toBeUndefined();
    expect(session.state.value).toBe('in');
  });

  it('is not begun by an answer that comes after it was given up', async () => {
    const late = Promise.withResolvers<Answer<OwnKey>>();
    const session = createSession(() => late.promise, undefined);
    const signingIn = session.signIn('secret', true);
    session.signOut();
    late.resolve(yes(READ));
    await signingIn;
    expect([session.state.value, session.key(), session.holder.value]).toEqual(['out', undefined, undefined]);
  });

  it('lets a key do what the controller lets it do, and nothing else', async () => {
    for (let chosen = 0; chosen < 2 ** SCOPES.length; chosen += 1) {
      const scopes = SCOPES.filter((_scope, place) => chosen & (1 << place));
      const session = createSession(async () => yes({ ...READ, scopes }), undefined);
      await session.signIn('secret', false);
      for (const needed of SCOPES) {
        expect([scopes, needed, session.may(needed)]).toEqual([scopes, needed, hasScope({ id: 'k1', scopes }, needed)]);
      }
    }
  });
});
