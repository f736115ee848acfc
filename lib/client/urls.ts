/** The base may carry a path prefix (a stage, a reverse proxy) and a trailing slash. */
export function joinUrl(baseUrl: string, path: string): string {
  return baseUrl.replace(/\/+$/, '') + path;
}

/** URLs in answers are relative to the controller (`/api/…`), or absolute ones of the object store. */
export function resolveAnswerUrl(baseUrl: string, url: string): string {
  if (url.startsWith('/') && !url.startsWith('//')) return joinUrl(baseUrl, url);
  const { protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`unusable address in an answer: ${protocol}`);
  return url;
}

/** Credentials belong to the controller: to its origin, and there to what lies under the base path. */
export function isUnderBase(baseUrl: string, url: string): boolean {
  const base = new URL(joinUrl(baseUrl, '/'));
  const target = new URL(url);
  return target.origin === base.origin && target.pathname.startsWith(base.pathname);
}

/** The base address as the user gave it, or the reason why it will not do. */
export function parseBaseUrl(text: string): { url: string } | { problem: string } {
  if (!URL.canParse(text)) return { problem: `not an address: ${text}` };
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { problem: 'the address must be http or https' };
  // fetch refuses such addresses, with a message that shows the password.
  if (url.username !== '' || url.password !== '') return { problem: 'the address must not contain a user or password' };
  if (url.search !== '' || url.hash !== '') return { problem: 'the address must not contain a query or fragment' };
  return { url: url.origin + url.pathname.replace(/\/+$/, '') };
}
