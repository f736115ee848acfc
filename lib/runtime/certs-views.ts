import type { HeldCerts } from '../app/read-certs.ts';
import type { CertBundle } from '../domain/certs.ts';
import type { Reply } from './api.ts';
import { zipOf } from './cert-bundle.ts';

/** The virtual machines' scripts take the answer for broken unless all four are there. */
export function certsView({ p12, password, profiles, keychainPassword }: HeldCerts) {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return { p12: base64(p12), p12Password: password, keychainPassword, provisioningProfiles: profiles.map(base64) };
}

export function certsZipReply(buildId: string, bundle: CertBundle): Reply {
  const headers = {
    'content-type': 'application/zip',
    'content-disposition': `attachment; filename="${buildId}-certs.zip"`,
    'cache-control': 'no-store',
  };
  return { status: 200, headers, bytes: zipOf(bundle) };
}
