import { bundleBytes, type CertBundle, MAX_BUNDLE_BYTES } from '../domain/certs.ts';
import { Rejection } from '../domain/rejection.ts';
import { readZip, type ZipFile } from './zip-reader.ts';
import { writeZip } from './zip-writer.ts';

/** As a client sends it: a ZIP, or a PKCS#12 file as such; profiles may come beside it. */
export interface SentCerts {
  readonly file: Uint8Array;
  readonly profiles: readonly Uint8Array[];
  /** Beside a PKCS#12 file, which cannot bring its password along. */
  readonly password?: string | undefined;
}

export interface CertLimits {
  /** All files together. */
  readonly sentBytes: number;
  /** Of a ZIP. */
  readonly unpackedBytes: number;
  readonly entries: number;
}

/** Of an honest bundle nothing packs a hundred times smaller, but for files of a few zeros. */
const RATIO = { maxRatio: 100, ratioFloorBytes: 4 * 1024 ** 2 };

const MAX_PASSWORD_CHARS = 1_000;

/**
 * Checks what was sent and keeps what a worker needs of it. Refuses with `invalid_certs` or `payload_too_large`. Whether
 * the password fits is left to who imports it: trying it here would run as long as the file says.
 */
export function certBundle({ file, profiles, password }: SentCerts, limits: CertLimits): CertBundle {
  const sentBytes = profiles.reduce((sum, profile) => sum + profile.length, file.length);
  if (sentBytes > limits.sentBytes) throw tooLarge(limits.sentBytes);
  const bundle = unpack(Buffer.from(file.buffer, file.byteOffset, file.length), password, limits);
  const whole = { ...bundle, profiles: distinct([...profiles, ...bundle.profiles]) };
  if (whole.profiles.some((profile) => profile.length === 0)) throw refusal('a provisioning profile is empty');
  if (bundleBytes(whole) > MAX_BUNDLE_BYTES) throw tooLarge(MAX_BUNDLE_BYTES);
  return whole;
}

/** By the first bytes: the old command line calls a PKCS#12 file `certs.zip`. */
function unpack(file: Buffer, password: string | undefined, { entries, unpackedBytes }: CertLimits): CertBundle {
  if (file.length === 0) throw refusal('it is empty');
  if (file.subarray(0, 2).toString('latin1') === 'PK') {
    if (password !== undefined) throw refusal('the password of a ZIP is in its password.txt');
    return fromZip(readZip(file, { ...RATIO, maxEntries: entries, maxBytes: unpackedBytes }));
  }
  if (!isDerSequence(file)) throw refusal('it is neither a ZIP nor a PKCS#12 file');
  return { p12: file, password: checkedPassword(password ?? ''), profiles: [] };
}

/** As every PKCS#12 file starts: a sequence with a two-byte length, or with one that is found at its end. */
const isDerSequence = (file: Buffer) => file[0] === 0x30 && (file[1] === 0x82 || file[1] === 0x80);

function fromZip(files: readonly ZipFile[]): CertBundle {
  const visible = files.filter(({ path }) => !isOfTheSystem(path));
  const named = (pattern: RegExp) => visible.filter(({ path }) => pattern.test(nameOf(path)));
  const [p12, secondP12] = named(/\.p12$/i);
  const [password, secondPassword] = named(/^password\.txt$/i);
  if (!p12) throw refusal('there is no .p12 file in it');
  if (secondP12) throw refusal('there is more than one .p12 file in it');
  if (secondPassword) throw refusal('there is more than one password.txt in it');
  if (p12.bytes.length === 0) throw refusal('its .p12 file is empty');
  return {
    p12: p12.bytes,
    password: checkedPassword(textOf(password?.bytes)),
    profiles: named(/\.mobileprovision$/i).map(({ bytes }) => bytes),
  };
}

/** macOS puts a `._cert.p12` beside a `cert.p12`, which is not one. */
const isOfTheSystem = (path: string) => path.startsWith('__MACOSX/') || nameOf(path).startsWith('.');
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

function textOf(bytes: Uint8Array = new Uint8Array()): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw refusal('password.txt is not UTF-8');
  }
}

function checkedPassword(password: string): string {
  if (password.length > MAX_PASSWORD_CHARS)
    throw refusal(`the password has more than ${MAX_PASSWORD_CHARS} characters`);
  return password;
}

/** Workers use the first: what was sent beside the bundle was meant for this build. */
function distinct(profiles: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(profiles.map((bytes) => [Buffer.from(bytes).toString('base64'), bytes])).values()];
}

/** The bundle as the workers that unpack it themselves know it. */
export function zipOf({ p12, password, profiles }: CertBundle): Buffer {
  return writeZip([
    { name: 'cert.p12', bytes: p12 },
    { name: 'password.txt', bytes: Buffer.from(password) },
    ...profiles.map((bytes, index) => ({ name: `profile-${index + 1}.mobileprovision`, bytes })),
  ]);
}

function refusal(why: string): Rejection {
  return new Rejection('invalid_certs', `Certs file refused: ${why}`);
}

function tooLarge(limit: number): Rejection {
  return new Rejection('payload_too_large', `Certs file too large: the limit is ${limit} bytes`);
}
