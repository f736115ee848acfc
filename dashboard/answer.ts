/**
 * Why a question was not answered as hoped.
 * - `signed_out`: there is no key, or the controller does not know it (any more)
 * - `refused`: it knows the key and says no: a scope is missing, a state does not allow it, the input is bad
 * - `not_found`: what was asked about is not there
 * - `away`: no answer came, or none that says anything: try again later
 */
export interface Problem {
  readonly kind: 'signed_out' | 'refused' | 'not_found' | 'away';
  /** The controller's own code, where it gave one. */
  readonly code: string | undefined;
  /** A sentence for people. It may hold whatever a stranger has sent: text, never markup. */
  readonly text: string;
  /** For how long the controller asked not to be asked. */
  readonly retryAfterMs?: number;
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly nextCursor: string | undefined }
  | { readonly ok: false; readonly problem: Problem };

/** The cursor in `Link: <…?cursor=x>; rel="next"`. */
export function nextCursorOf(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  return new URLSearchParams(target.slice(target.indexOf('?') + 1)).get('cursor') ?? undefined;
}

/** What an answer that is no success means. */
export function problemOf(status: number, body: unknown, retryAfter: string | null): Problem {
  const said = wordsOf(body);
  const code = said?.code;
  const text = said?.text ?? `The controller answered ${status}`;
  if (status >= 500 || status === 429) {
    const seconds = Number(retryAfter ?? Number.NaN);
    return { kind: 'away', code, text, ...(seconds > 0 && { retryAfterMs: seconds * 1000 }) };
  }
  if (status === 401 || code === 'invalid_credential') return { kind: 'signed_out', code, text };
  return { kind: status === 404 ? 'not_found' : 'refused', code, text };
}

function wordsOf(body: unknown): { code: string; text: string } | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body) || !('code' in body)) return undefined;
  const { error: text, code } = body;
  return typeof text === 'string' && typeof code === 'string' ? { code, text } : undefined;
}
