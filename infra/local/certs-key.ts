import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What signing material is encrypted under, made at the directory's first start. `CERTS_KEY` in the environment wins. */
export function loadCertsKey(dataDir: string, env = process.env): string {
  if (env['CERTS_KEY']) return env['CERTS_KEY'];
  const path = join(dataDir, 'certs-key');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const made = randomBytes(32).toString('base64url');
  writeFileSync(path, `${made}\n`, { mode: 0o600 });
  return made;
}
