import { type NewCerts, newCerts } from '../app/store-certs.ts';
import type { CertBundle } from '../domain/certs.ts';
import { Rejection } from '../domain/rejection.ts';
import type { HolderClaim } from '../domain/transitions.ts';
import type { ApiRequest, Headers } from './api.ts';
import type { UploadedFile } from './body.ts';
import { type CertLimits, certBundle } from './cert-bundle.ts';

interface CertFields {
  readonly certs?: string | undefined;
  readonly certs_password?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
}

/** Signing material that came with a submit, checked. It is stored when its build is made. */
export function sentCerts(
  deps: Parameters<typeof newCerts>[0] & { readonly certLimits: CertLimits },
  input: CertFields,
  request: Pick<ApiRequest, 'files'>,
): { certs?: NewCerts } {
  const bundle = bundleOf(input, request, deps.certLimits);
  return bundle ? { certs: newCerts(deps, bundle) } : {};
}

/** As parts of a form, or in base64. */
function bundleOf(input: CertFields, { files }: Pick<ApiRequest, 'files'>, limits: CertLimits): CertBundle | undefined {
  const { certs, certs_password: password, profiles = [] } = input;
  const fromBase64 = (text: string) => Buffer.from(text, 'base64');
  const sent = { password, profiles: [...contentOf(files['profile']), ...profiles.map(fromBase64)] };
  const [file] = contentOf(files['certs']);
  if (file) return certBundle({ file, ...sent }, limits);
  if (certs !== undefined) return certBundle({ file: fromBase64(certs), ...sent }, limits);
  // A form's profile without a certificate was never looked at, and the old command line sends it; JSON says what it means.
  if (profiles.length === 0 && password === undefined) return undefined;
  throw new Rejection('invalid_certs', 'Certs file required: a profile or a password alone signs nothing');
}

/** A form that has a field for a file and no file in it sends an empty one without a name. */
function contentOf(file: UploadedFile | undefined): Uint8Array[] {
  return file && (file.bytes.length > 0 || file.filename !== '') ? [file.bytes] : [];
}

/** Who comes with the project's key, which opens every build, says once more which one is meant. */
export function requireNamedBuild(headers: Headers, buildId: string, claim: HolderClaim): void {
  const named = headers['x-build-id'];
  if (!named && 'workerId' in claim && claim.tokenHash === undefined) {
    throw new Rejection('missing_credential', 'Missing X-Build-Id header');
  }
  if (named && named !== buildId) {
    throw new Rejection('invalid_credential', 'X-Build-Id header does not match build ID in URL');
  }
}
