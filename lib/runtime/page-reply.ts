import type { Reply } from './api.ts';
import { type PageFiles, packedFor } from './page-files.ts';

/**
 * The page may load its own files and ask its own controller, and nothing else: what it shows comes from strangers, and it
 * holds a key. `data:` is its icon. No string becomes script (Trusted Types, but for the one file that searches logs beside
 * the page: `dashboard/log/search-port.ts`), no form is sent, nobody frames it.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types own-worker',
].join('; ');

const HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'accept-encoding',
};

/** A year, as the names change with what is in them. The index names them, so it is asked for each time. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const EACH_TIME = 'no-cache';

/** A file of the page, or nothing if there is none of that name. */
export function pageReply(files: PageFiles, name: string, accepted: string | undefined): Reply | undefined {
  const file = files.get(name);
  if (!file) return undefined;
  const { type, bytes, encoding } = packedFor(accepted, file);
  const headers = {
    ...HEADERS,
    'content-type': type,
    'cache-control': name === 'index.html' ? EACH_TIME : FOR_EVER,
    ...(encoding && { 'content-encoding': encoding }),
  };
  return { status: 200, headers, bytes };
}
