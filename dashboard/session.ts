import { type ReadonlySignal, signal } from '@preact/signals';
import type { Operations } from '../lib/client/api-types.ts';
import type { Scope } from '../lib/domain/api-key.ts';
import type { Answer, Problem } from './answer.ts';

type OwnKey = Operations['GET /api/keys/self']['answer'];

/** The browser's `sessionStorage`, or nothing where it is not to be had: gone with the tab, seen by no other. */
export type KeptKeys = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;

/** With which key the page asks. It is in memory, in the tab's own storage if its holder wants that, and nowhere else. */
export interface Session {
  /** `checking`: a key that the tab kept is being tried. */
  readonly state: ReadonlySignal<'out' | 'checking' | 'in'>;
  /** What is known of the key; never the key. */
  readonly holder: ReadonlySignal<OwnKey | undefined>;
  /** Why one is signed out, if not by one's own wish. */
  readonly reason: ReadonlySignal<string | undefined>;
  key(): string | undefined;
  /** Whether the key may do what needs the scope. */
  may(scope: Scope): boolean;
  /** Tries a key. Resolves with what was wrong with it; nothing: one is signed in. */
  signIn(key: string, isKept: boolean): Promise<Problem | undefined>;
  /** Tries the key that the tab kept, if any. Resolves with what was wrong. */
  resume(): Promise<Problem | undefined>;
  signOut(reason?: string): void;
}

const PLACE = 'buildlatch.key';

/** @param askSelf what the controller says of the key that `key()` then answers. */
export function createSession(askSelf: () => Promise<Answer<OwnKey>>, kept: KeptKeys): Session {
  const state = signal<'out' | 'checking' | 'in'>('out');
  const holder = signal<OwnKey | undefined>(undefined);
  const reason = signal<string | undefined>(undefined);
  let key: string | undefined;

  function signOut(why?: string): void {
    key = undefined;
    kept?.removeItem(PLACE);
    holder.value = undefined;
    reason.value = why;
    state.value = 'out';
  }

  async function attempt(candidate: string): Promise<Problem | undefined> {
    key = candidate;
    const answer = await askSelf();
    // Somebody has signed out, or in with another, since.
    if (key !== candidate) return undefined;
    if (!answer.ok) return answer.problem;
    reason.value = undefined;
    holder.value = answer.value;
    state.value = 'in';
    return undefined;
  }

  return {
    state,
    holder,
    reason,
    key: () => key,
    may: (scope) => mayDo(holder.value?.scopes ?? [], scope),
    signIn: async (candidate, isKept) => {
      const problem = await attempt(candidate.trim());
      if (problem) key = undefined;
      else if (isKept && key !== undefined) kept?.setItem(PLACE, key);
      return problem;
    },
    resume: async () => {
      const candidate = kept?.getItem(PLACE) ?? undefined;
      if (candidate === undefined) return undefined;
      state.value = 'checking';
      const problem = await attempt(candidate);
      if (problem && problem.kind !== 'away') signOut(problem.text);
      return problem;
    },
    signOut,
  };
}

/** As the controller's own rule has it. */
function mayDo(scopes: readonly Scope[], needed: Scope): boolean {
  if (needed === 'work' && scopes.includes('work-any')) return true;
  return scopes.includes(needed) || scopes.includes('admin');
}
