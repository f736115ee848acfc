import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServicePlace } from './service-place.ts';
import { envFileContent, type WorkerService } from './worker-service.ts';

/** @param below a folder instead of the file system's root, for packages. */
export async function installService(
  place: ServicePlace,
  service: WorkerService,
  secrets: Readonly<Record<string, string>>,
  below = '/',
): Promise<void> {
  // Both are made before one is written.
  const [definition, environment] = [place.write(service), envFileContent(secrets)];
  const [definitionFile, envFile] = [join(below, place.definition), join(below, place.envFile)];
  await mkdir(dirname(envFile), { recursive: true, mode: 0o700 });
  // An older one may be readable: its mode is changed before the key is in it.
  await writeFile(envFile, '', { mode: 0o600 });
  await chmod(envFile, 0o600);
  await writeFile(envFile, environment);
  await mkdir(dirname(definitionFile), { recursive: true });
  await writeFile(definitionFile, definition, { mode: 0o644 });
}

export async function uninstallService({ definition, envFile }: ServicePlace, below = '/'): Promise<void> {
  for (const file of [definition, envFile]) await rm(join(below, file), { force: true });
}
