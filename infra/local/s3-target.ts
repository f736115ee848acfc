import type { IncomingMessage } from 'node:http';

/** The object that a path-style request is about. */
export function targetOf({ url = '' }: Pick<IncomingMessage, 'url'>): { bucket: string; key: string } {
  const [, bucket = '', ...key] = (url.split('?', 1)[0] ?? '').split('/').map(decodeURIComponent);
  return { bucket, key: key.join('/') };
}
