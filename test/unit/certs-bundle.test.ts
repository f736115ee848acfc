import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BUNDLE_BYTES } from '../../lib/domain/certs.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import { certBundle, zipOf } from '../../lib/runtime/cert-bundle.ts';
import { writeZip } from '../../lib/runtime/zip-writer.ts';
import { aBundle, aRawP12, P12, PASSWORD, PROFILE } from '../support/certs.ts';
import { makeZip } from '../support/client-zip.ts';
import { CERT_LIMITS } from '../support/settings.ts';

const bundleOf = (file: Uint8Array, more: { profiles?: Uint8Array[]; password?: string } = {}) =>
  certBundle({ file, profiles: [], ...more }, CERT_LIMITS);

/** What a refusal says, with its code before it. */
function refusalOf(file: Uint8Array, more = {}): string {
  try {
    bundleOf(file, more);
  } catch (error) {
    if (error instanceof Rejection) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'taken';
}

const changed = (zip: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(zip);
  change(copy);
  return copy;
};
const directoryAt = (zip: Buffer) => zip.indexOf('PK\x01\x02', 0, 'latin1');
const endAt = (zip: Buffer) => zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');

/** The second entry lies inside the first, with headers that are all in order. */
function overlapping(): Buffer {
  const inner = { name: 'cert.p12', bytes: P12 };
  const alone = writeZip([inner]);
  const outer = { name: 'outer', bytes: alone.subarray(0, directoryAt(alone)) };
  const both = writeZip([outer, inner]);
  return changed(both, (zip) => {
    const second = both.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    zip.writeUInt32LE(30 + outer.name.length, second + 42);
  });
}

describe('a bundle', () => {
  it('is its certificate, its password without what an editor adds, and its profiles in their order', () => {
    const zip = makeZip([
      { name: 'certs/', mode: 0o40755 },
      { name: 'certs/Distribution.P12', data: P12 },
      { name: 'certs/password.txt', data: ` ${PASSWORD}\r\n` },
      { name: './b.mobileprovision', data: 'b' },
      { name: 'a.mobileprovision', data: 'a' },
      { name: 'README.md', data: 'ignored' },
      { name: '__MACOSX/certs/._Distribution.P12', data: 'not one' },
      { name: 'certs/._Distribution.P12', data: 'not one' },
    ]);
    const { p12, password, profiles } = bundleOf(zip);
    expect([p12.toString(), password]).toEqual([P12.toString(), PASSWORD]);
    expect(profiles.map(String)).toEqual(['b', 'a']);
  });

  it('needs no password.txt: then the password is empty', () => {
    expect(bundleOf(makeZip([{ name: 'cert.p12', data: P12 }])).password).toBe('');
  });

  it('may be a bare PKCS#12, of either form of length, with a password of its own', () => {
    const endless = Buffer.concat([Buffer.from([0x30, 0x80]), P12]);
    expect(bundleOf(aRawP12(), { password: ' kept as it is ' }).password).toBe(' kept as it is ');
    expect(bundleOf(endless)).toEqual({ p12: endless, password: '', profiles: [] });
  });

  it('has the profiles sent beside it first, and each once', () => {
    const { profiles } = bundleOf(aBundle(), { profiles: [Buffer.from('beside'), PROFILE] });
    expect(profiles.map(String)).toEqual(['beside', PROFILE.toString()]);
  });

  it('is the same after it was written as a ZIP and read again', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    const bundle = fc.record({
      p12: bytes,
      password: fc.string({ unit: 'grapheme' }).map((text) => text.trim()),
      profiles: fc.uniqueArray(bytes, { maxLength: 4, selector: (profile) => String(profile) }),
    });
    fc.assert(
      fc.property(bundle, (whole) => {
        const { p12, password, profiles } = bundleOf(zipOf(whole));
        expect([Buffer.from(p12), password, profiles.map((profile) => Buffer.from(profile))]).toEqual([
          Buffer.from(whole.p12),
          whole.password,
          whole.profiles.map((profile) => Buffer.from(profile)),
        ]);
      }),
    );
  });
});

describe('refused is', () => {
  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'it is empty'],
    ['what is no PKCS#12 at all', Buffer.from('hello'), 'it is neither a ZIP nor a PKCS#12 file'],
    ['a gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'it is neither a ZIP nor a PKCS#12 file'],
    ['a ZIP without a certificate', makeZip([{ name: 'password.txt', data: 'x' }]), 'there is no .p12 file in it'],
    ['an empty ZIP', makeZip([]), 'there is no .p12 file in it'],
    ['an empty certificate', makeZip([{ name: 'cert.p12' }]), 'its .p12 file is empty'],
    ['a second certificate', aBundle([{ name: 'x/b.p12', data: P12 }]), 'there is more than one .p12 file in it'],
    ['a second password', aBundle([{ name: 'x/password.txt' }]), 'there is more than one password.txt in it'],
    ['an empty profile', aBundle([{ name: 'x.mobileprovision' }]), 'a provisioning profile is empty'],
    [
      'a password in Latin-1',
      makeZip([
        { name: 'cert.p12', data: P12 },
        { name: 'password.txt', data: Buffer.from('pässword', 'latin1') },
      ]),
      'password.txt is not UTF-8',
    ],
    ['a way out', aBundle([{ name: '../x', data: 'x' }]), 'entry leaves the folder'],
    ['a way out further in', aBundle([{ name: 'a/../../x', data: 'x' }]), 'entry leaves the folder'],
    ['an absolute name', aBundle([{ name: '/etc/passwd', data: 'x' }]), 'absolute entry name'],
    ['a drive', aBundle([{ name: 'C:x', data: 'x' }]), 'absolute entry name'],
    ['a backslash', aBundle([{ name: 'a\\b', data: 'x' }]), 'backslash in an entry name'],
    ['a NUL', aBundle([{ name: 'a\0b', data: 'x' }]), 'NUL in an entry name'],
    ['a link', aBundle([{ name: 'l', data: '/etc', mode: 0o120777 }]), '"l" is neither a file nor a folder'],
    ['a device', aBundle([{ name: 'd', mode: 0o020666 }]), '"d" is neither a file nor a folder'],
    ['two of one name', aBundle([{ name: 'CERT.p12', data: 'x' }]), 'two entries named "CERT.p12"'],
    ['two of one path', aBundle([{ name: './cert.p12', data: 'x' }]), 'two entries named "./cert.p12"'],
    ['too many entries', aBundle(Array.from({ length: 198 }, (_, i) => ({ name: `${i}` }))), 'more than 200 entries'],
    [
      'more bytes than 50 MiB',
      aBundle([{ name: 'zeros', data: Buffer.alloc(50 * 1024 ** 2) }]),
      'unpacks to more than 52428800 bytes',
    ],
    [
      'what is a thousand times as dense as a certificate',
      aBundle([{ name: 'zeros', data: Buffer.alloc(8 * 1024 ** 2) }]),
      'unpacks to more than 100 times its size',
    ],
    [
      'hole 32: a bomb that says it is small',
      aBundle([{ name: 'zeros', data: Buffer.alloc(90 * 1024 ** 2), claimedSize: 10 }]),
      'the ZIP is damaged',
    ],
    [
      'a bomb that says it is large, though not as large as it is',
      aBundle([{ name: 'zeros', data: Buffer.alloc(2 * 1024 ** 2), claimedSize: 1024 ** 2 }]),
      'the ZIP is damaged',
    ],
    ['less than was said', aBundle([{ name: 'x', data: 'x', claimedSize: 2 }]), '"x" differs from its checksum'],
    [
      'an entry that is encrypted',
      changed(aBundle(), (zip) => zip.writeUInt16LE(0x801, directoryAt(zip) + 8)),
      '"cert.p12" is encrypted',
    ],
    [
      'an unknown compression',
      changed(aBundle(), (zip) => zip.writeUInt16LE(12, directoryAt(zip) + 10)),
      '"cert.p12" has an unknown compression',
    ],
    [
      'a changed byte',
      changed(makeZip([{ name: 'cert.p12', data: P12 }]), (zip) => zip.writeUInt32LE(7, directoryAt(zip) + 16)),
      '"cert.p12" differs from its checksum',
    ],
    [
      'a name that is another one inside',
      changed(aBundle(), (zip) => zip.write('evil.p12', 30, 'latin1')),
      '"cert.p12" has two names',
    ],
    ['entries that share their bytes', overlapping(), 'entries overlap'],
    ['half of it', aBundle().subarray(0, 200), 'the ZIP is damaged'],
    ['all but its last byte', aBundle().subarray(0, -1), 'the ZIP is damaged'],
    ['one part of several', changed(aBundle(), (zip) => zip.writeUInt16LE(1, endAt(zip) + 4)), 'the ZIP is damaged'],
    [
      'a directory that lies elsewhere',
      changed(aBundle(), (zip) => zip.writeUInt32LE(zip.length, endAt(zip) + 16)),
      'the ZIP is damaged',
    ],
    [
      'an entry that lies behind the directory',
      changed(aBundle(), (zip) => zip.writeUInt32LE(directoryAt(zip), directoryAt(zip) + 42)),
      'the ZIP is damaged',
    ],
    [
      'an entry that reaches into the directory',
      changed(aBundle(), (zip) => zip.writeUInt32LE(4096, directoryAt(zip) + 20)),
      'the ZIP is damaged',
    ],
  ])('%s', (_what, file, why) => {
    expect(refusalOf(file)).toBe(`invalid_certs: Certs file refused: ${why}`);
  });

  it('a password beside a ZIP, which has its own', () => {
    expect(refusalOf(aBundle(), { password: 'x' })).toMatch(/^invalid_certs: .*password.txt$/);
  });

  it('what is larger than may be sent, or than can be handed out', () => {
    const filler = (bytes: number) => Buffer.concat([Buffer.from([0x30, 0x82]), Buffer.alloc(bytes - 2)]);
    expect(refusalOf(filler(10 * 1024 ** 2 + 1))).toBe(
      'payload_too_large: Certs file too large: the limit is 10485760 bytes',
    );
    expect(refusalOf(filler(MAX_BUNDLE_BYTES + 1))).toBe(
      'payload_too_large: Certs file too large: the limit is 3145728 bytes',
    );
    expect(refusalOf(filler(MAX_BUNDLE_BYTES))).toBe('taken');
    expect(refusalOf(filler(MAX_BUNDLE_BYTES), { profiles: [PROFILE] })).toMatch(/^payload_too_large/);
  });

  it('whatever it is that is no bundle, and nothing else happens', () => {
    const whole = aBundle();
    const spoiled = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((writes) => changed(whole, (zip) => void writes.map(([at, byte]) => zip.writeUInt8(byte, at))));
    const random = fc.uint8Array({ maxLength: 400 });
    const asZip = random.map((bytes) => Buffer.concat([Buffer.from('PK'), bytes]));
    const deflated = random.map((data) => makeZip([{ name: 'cert.p12', data: deflateRawSync(data) }]));
    fc.assert(
      fc.property(fc.oneof(spoiled, random, asZip, deflated), (file) => {
        expect(refusalOf(file)).toMatch(/^(taken$|invalid_certs: Certs file refused: .|payload_too_large: )/);
      }),
      { numRuns: 2_000 },
    );
  });
});
