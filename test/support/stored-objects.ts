import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  /** The file with its bytes. */
  readonly path: string;
}

const SUFFIX = '._S3rver_object';

/** All objects of an embedded store, which names its files by bucket and key. Past its API, which cannot list a second page. */
export function storedObjects(dataDir: string): StoredObject[] {
  const root = join(dataDir, 's3', 'objects');
  return readdirSync(root, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => {
      const [bucket = '', ...key] = file.slice(0, -SUFFIX.length).split('/');
      return { bucket, key: key.join('/'), path: join(root, file) };
    });
}
