import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { requireProgram } from './missing.ts';

export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
}

/** A certificate for 127.0.0.1 that nobody else has, trusted by this process and by those that it starts from now on. */
export function makeTrustedCertificate(folder: string): Certificate {
  requireProgram(['openssl', 'version'], /^OpenSSL/, 'Install it (Debian: apt-get install openssl)');
  const [certPath, keyPath] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const kind = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'];
  execFileSync('openssl', [...kind, ...names, '-keyout', keyPath, '-out', certPath], { stdio: 'pipe' });
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certPath, 'utf8')]);
  process.env['NODE_EXTRA_CA_CERTS'] = certPath;
  return { certPath, keyPath };
}
