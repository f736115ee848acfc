import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ignoreMissing } from '../missing-file.ts';

const MAX_NAME_BYTES = 200;

/** A name that came over the network, made fit for the current folder: no path, no control characters, not hidden. */
export function safeFileName(name: string | null | undefined): string | undefined {
  if (!name) return undefined;
  const last = basename(name.replaceAll('\\', '/'));
  const plain = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}:*?"<>|]/gu, '')
    .replace(/^[.\-\s]+/, '')
    .trim();
  if (plain === '') return undefined;
  let short = plain;
  while (Buffer.byteLength(short) > MAX_NAME_BYTES) short = short.slice(1);
  return short;
}

/** `filename*` (RFC 5987) before `filename`, as browsers do. */
export function nameFromDisposition(disposition: string | null): string | undefined {
  if (disposition === null) return undefined;
  const encoded = /filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(disposition)?.[1];
  if (encoded !== undefined && /^(?:[^%]|%[0-7][0-9a-f])*$/i.test(encoded))
    return safeFileName(decodeURIComponent(encoded));
  const quoted = /filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1];
  const plain = quoted?.replaceAll(/\\(.)/g, '$1') ?? /filename\s*=\s*([^;\s]+)/i.exec(disposition)?.[1];
  return safeFileName(plain);
}

/** `-o` may name a file or an existing folder; without it the name is the artifact's own, here. */
export async function outputPlace(output: string | undefined, cwd: string): Promise<(name: string) => string> {
  if (output === undefined) return (name) => resolve(cwd, name);
  const path = resolve(cwd, output);
  return (await isDirectory(path)) ? (name) => join(path, name) : () => path;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(ignoreMissing))?.isDirectory() ?? false;
}
