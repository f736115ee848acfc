/** What an iOS build is signed with: one PKCS#12 file, its password ("" where it has none), and provisioning profiles. */
export interface CertBundle {
  readonly p12: Uint8Array;
  readonly password: string;
  readonly profiles: readonly Uint8Array[];
}

/** 3 MiB: base64 makes 4 MiB of it, and a Lambda answers at most 6 MB, everything included. Real bundles have some 20 KB. */
export const MAX_BUNDLE_BYTES = 3 * 1024 ** 2;

export function bundleBytes({ p12, profiles }: CertBundle): number {
  return profiles.reduce((sum, profile) => sum + profile.length, p12.length);
}
