import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from '../missing-file.ts';
import { isRecord } from './setting-sources.ts';
import { readObject } from './settings-files.ts';

export interface BuildGuess {
  /** In words, for people. */
  readonly kind?: string;
  readonly command?: string;
  readonly artifact?: string;
}

const INSTALLS: readonly (readonly [string, string])[] = [
  ['package-lock.json', 'npm ci'],
  ['yarn.lock', 'yarn install --frozen-lockfile'],
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile'],
  ['bun.lock', 'bun install --frozen-lockfile'],
  ['bun.lockb', 'bun install --frozen-lockfile'],
];

/** How a folder is probably built, by what lies in it. */
export async function guessBuild(folder: string): Promise<BuildGuess> {
  const project = await readObject(join(folder, 'package.json'), 'package.json');
  if (project === undefined) return {};
  const install = await installCommand(folder);
  const { dependencies, scripts } = project;
  if (isRecord(dependencies) && 'expo' in dependencies) {
    // Its result is `build-<time>.ipa`, `.apk` or `.aab`, in the project's folder.
    const build = 'npx --yes eas-cli build --local --non-interactive --platform "$BUILDLATCH_PLATFORM"';
    return { kind: 'an Expo project', command: `${install} && ${build}`, artifact: 'build-*.*' };
  }
  if (isRecord(scripts) && 'build' in scripts) {
    return { kind: 'a package with a build script', command: `${install} && npm run build`, artifact: 'dist' };
  }
  return {};
}

async function installCommand(folder: string): Promise<string> {
  for (const [lock, command] of INSTALLS) {
    const isThere = await access(join(folder, lock)).then(() => true, ignoreMissing);
    if (isThere) return command;
  }
  return 'npm install';
}
