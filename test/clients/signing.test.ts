import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBundle, aRawP12, P12, PASSWORD, PROFILE } from '../support/certs.ts';
import { c1 } from './c1.ts';
import { c2 } from './c2.ts';
import { startM1 } from './m1.ts';
import { startM2 } from './m2.ts';
import type { openCerts } from './opened-certs.ts';
import { aProject, openSite, type TestSite } from './site.ts';
import { v1 } from './v1.ts';
import { v3 } from './v3.ts';
import { startW1 } from './w1.ts';
import { startW3 } from './w3.ts';
import { ClientGaveUp } from './wire.ts';

let site: TestSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const decoded = ({ p12, p12Password, keychainPassword, provisioningProfiles }: ReturnType<typeof openCerts>) => ({
  p12: Buffer.from(p12, 'base64'),
  p12Password,
  profiles: provisioningProfiles.map((profile) => Buffer.from(profile, 'base64')),
  isKeychainPassword: Buffer.from(keychainPassword, 'base64').length === 24,
});

describe('a certificate of the first command line, as it is and called certs.zip, with its profile beside it', () => {
  it('reaches V1 in the machine of W1, by the key and three ids', async () => {
    const certs = aRawP12();
    const id = await c1(site).submit({ source: aProject(), certs, profile: PROFILE });
    const worker = await startW1(site);
    await worker.poll();
    const opened = decoded(await v1(site, worker.id, id).certs());
    expect(opened).toEqual({ p12: certs, p12Password: '', profiles: [PROFILE], isKeychainPassword: true });
    await worker.upload(id, { result: randomBytes(10) });
    await expect(v1(site, worker.id, id).certs()).rejects.toThrow(ClientGaveUp);
  });
});

describe('a bundle of the second command line', () => {
  const bundle = { p12: P12, p12Password: PASSWORD, profiles: [PROFILE], isKeychainPassword: true };

  it('reaches V3 in the machine of W3, by the machine’s token', async () => {
    const id = await c2(site).submit({ source: aProject(), certs: aBundle() });
    const worker = await startW3(site);
    const job = await worker.poll();
    const vm = v3(site, id, job?.otp ?? '');
    await vm.authenticate();
    expect(decoded(await vm.certs())).toEqual(bundle);
    await vm.artifact(randomBytes(10));
  });

  it('is not there for a build without: V3 ends an iOS build at once', async () => {
    const id = await c2(site).submit({ source: aProject() });
    const worker = await startW3(site);
    const job = await worker.poll();
    const vm = v3(site, id, job?.otp ?? '');
    await vm.authenticate();
    await expect(vm.certs()).rejects.toThrow('certs-secure answered 404');
    await worker.unregister();
    await c2(site).cancel(id);
  });

  it.each([
    ['M1', startM1],
    ['M2', startM2],
  ] as const)('reaches %s as a ZIP', async (_name, start) => {
    const id = await c2(site).submit({ source: aProject(), certs: aBundle() });
    const worker = await start(site);
    const job = await worker.poll();
    expect(job?.id).toBe(id);
    const zip = job && (await worker.certs(job));
    expect(zip?.bytes.subarray(0, 2).toString()).toBe('PK');
    await worker.upload(id, randomBytes(10));
  });
});
