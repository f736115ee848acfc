import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { installPython } from './install.ts';

const VERSION = '1.5.33';

/** With a certificate it serves HTTPS only. */
export function startMinistack(env: NodeJS.ProcessEnv = {}, certificate?: Certificate): Promise<Emulator> {
  const requirements = join(import.meta.dirname, 'ministack.requirements.txt');
  const python = join(installPython(`ministack-${VERSION}`, requirements), 'bin/python');
  const tls = certificate && {
    USE_SSL: '1',
    MINISTACK_SSL_CERT: certificate.certPath,
    MINISTACK_SSL_KEY: certificate.keyPath,
  };
  return startEmulator({
    name: 'ministack',
    command: () => [python, '-m', 'ministack'],
    env: (port) => ({ BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), LOG_LEVEL: 'WARNING', ...tls, ...env }),
    healthPath: '/_ministack/health',
    isTls: certificate !== undefined,
  });
}
