import type { S3Client } from '@aws-sdk/client-s3';
import type { StoredAs } from '../../app/file-ports.ts';

/** Makes the addresses for clients, who may reach the buckets under another name than the functions do; it sends nothing. */
export interface Outside {
  readonly client: S3Client;
  /** Time to begin a transfer; one that has begun may take longer. */
  readonly linkSeconds: number;
}

export function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The digest as metadata, since a later HEAD tells the metadata without further permissions or cost. */
export function metadataOf({ sha256, filename }: Omit<StoredAs, 'size'>): Record<string, string> {
  // Headers are ASCII, names are not.
  return { sha256, ...(filename !== undefined && { filename: encodeURIComponent(filename) }) };
}
