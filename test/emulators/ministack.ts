import { join } from 'node:path';
import { type Emulator, startEmulator } from './emulator.ts';
import { installPython } from './install.ts';

const VERSION = '1.5.33';

export function startMinistack(env: NodeJS.ProcessEnv = {}): Promise<Emulator> {
  const requirements = join(import.meta.dirname, 'ministack.requirements.txt');
  const python = join(installPython(`ministack-${VERSION}`, requirements), 'bin/python');
  return startEmulator({
    name: 'ministack',
    command: () => [python, '-m', 'ministack'],
    env: (port) => ({ BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), LOG_LEVEL: 'WARNING', ...env }),
    healthPath: '/_ministack/health',
  });
}
