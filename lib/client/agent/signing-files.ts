import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certs } from '../answers.ts';

export interface SigningFiles {
  /** Where they are, for the build command. */
  readonly env: Readonly<Record<string, string>>;
  /** After the command, however it ended: the artifact does not need them. */
  remove(): Promise<void>;
}

/** Puts signing material into a folder of its own below `folder`, for this user only. Passwords are files too: a process shows its environment. */
export async function placeSigningFiles(folder: string, certs: Certs): Promise<SigningFiles> {
  const own = join(folder, 'signing');
  const profiles = join(own, 'profiles');
  await mkdir(profiles, { recursive: true, mode: 0o700 });
  const place = async (name: string, content: string | Buffer) => {
    const path = join(own, name);
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    return path;
  };
  const env = {
    BUILDLATCH_CERT_P12: await place('cert.p12', Buffer.from(certs.p12, 'base64')),
    BUILDLATCH_CERT_PASSWORD_FILE: await place('cert-password', certs.p12Password),
    BUILDLATCH_KEYCHAIN_PASSWORD_FILE: await place('keychain-password', certs.keychainPassword),
    BUILDLATCH_PROFILES_DIR: profiles,
  };
  for (const [index, profile] of certs.provisioningProfiles.entries()) {
    await place(join('profiles', `profile-${index + 1}.mobileprovision`), Buffer.from(profile, 'base64'));
  }
  return { env, remove: () => rm(own, { recursive: true, force: true }) };
}
