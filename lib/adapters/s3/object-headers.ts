import type { StoredAs } from '../../app/file-ports.ts';

/** Time to begin a transfer; one that has begun may take longer. */
export const LINK_SECONDS = 15 * 60;

export function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The digest as metadata, since a later HEAD tells the metadata without further permissions or cost. */
export function metadataOf({ sha256, filename }: Omit<StoredAs, 'size'>): Record<string, string> {
  // Headers are ASCII, names are not.
  return { sha256, ...(filename !== undefined && { filename: encodeURIComponent(filename) }) };
}
