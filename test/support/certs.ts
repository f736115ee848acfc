import { makeZip, type ZipEntry } from './client-zip.ts';

/** Words that can be looked for wherever nothing of the signing material may be. */
export const PASSWORD = 'open-sesame-of-the-certificate';
export const P12 = Buffer.from('PLAIN-PKCS12-BYTES-OF-THE-TEST');
export const PROFILE = Buffer.from('PLAIN-PROFILE-BYTES-OF-THE-TEST');
export const SECRETS = [PASSWORD, P12.toString(), PROFILE.toString()].flatMap((text) => [
  text,
  // In base64 a text has three forms; two of its middles are in any of them.
  ...[0, 1, 2].map((cut) => Buffer.from(text.slice(cut, cut + 18)).toString('base64')),
]);

/** As the newer command lines pack it. */
export const aBundle = (changes: readonly ZipEntry[] = []): Buffer =>
  makeZip([
    { name: 'cert.p12', data: P12 },
    { name: 'password.txt', data: `${PASSWORD}\n` },
    { name: 'app.mobileprovision', data: PROFILE },
    ...changes,
  ]);

/** As the older command line sends a certificate: as it is, called `certs.zip`. */
export const aRawP12 = (): Buffer => Buffer.concat([Buffer.from([0x30, 0x82, 0x00, 0x1e]), P12]);
