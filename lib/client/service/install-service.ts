import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ServicePlace } from './service-place.ts';
import { envFileContent, type WorkerService } from './worker-service.ts';

export async function installService(
  place: ServicePlace,
  service: WorkerService,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  // Both are made before one is written.
  const [definition, environment] = [place.write(service), envFileContent(secrets)];
  await mkdir(dirname(place.envFile), { recursive: true, mode: 0o700 });
  // An older one may be readable: its mode is changed before the key is in it.
  await writeFile(place.envFile, '', { mode: 0o600 });
  await chmod(place.envFile, 0o600);
  await writeFile(place.envFile, environment);
  await mkdir(dirname(place.definition), { recursive: true });
  await writeFile(place.definition, definition, { mode: 0o644 });
}

export async function uninstallService({ definition, envFile }: ServicePlace): Promise<void> {
  for (const file of [definition, envFile]) await rm(file, { force: true });
}
