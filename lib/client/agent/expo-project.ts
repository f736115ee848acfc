import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Job } from '../answers.ts';
import { ignoreMissing } from '../missing-file.ts';

const APP_CONFIGS = ['app.json', 'app.config.js', 'app.config.ts', 'app.config.mjs', 'app.config.cjs'];
/** What `eas build` takes if it is not told. */
const PROFILE = 'production';

const Package = z.object({ dependencies: z.optional(z.record(z.string(), z.unknown())) });
const Profile = z.object({
  distribution: z.optional(z.string()),
  developmentClient: z.optional(z.boolean()),
  ios: z.optional(z.object({ simulator: z.optional(z.boolean()) })),
  android: z.optional(z.object({ buildType: z.optional(z.string()) })),
});
const EasFile = z.object({ build: z.optional(z.record(z.string(), z.unknown())) });

interface ExpoBuild {
  readonly command: string;
  readonly artifact: string;
}

/** How an Expo project is built by its own tool on this machine; nothing if it is not one. */
export async function expoBuild(
  project: string,
  platform: Job['platform'],
  artifact: string | undefined,
): Promise<ExpoBuild | undefined> {
  if (!(await isExpoProject(project))) return undefined;
  const output = artifact ?? `buildlatch-artifact.${await extension(project, platform)}`;
  const command = `eas build --local --non-interactive --platform ${platform} --output ${quoted(output)}`;
  return { command, artifact: output };
}

async function isExpoProject(project: string): Promise<boolean> {
  const manifest = z.safeParse(Package, await readJson(join(project, 'package.json')));
  if (manifest.data?.dependencies?.['expo'] === undefined) return false;
  const configs = await Promise.all(APP_CONFIGS.map((name) => readFile(join(project, name)).catch(ignoreMissing)));
  return configs.some((config) => config !== undefined);
}

/** What comes out depends on the profile; a file with the wrong name would be refused by whoever it is given to. */
async function extension(project: string, platform: Job['platform']): Promise<string> {
  const eas = z.safeParse(EasFile, await readJson(join(project, 'eas.json')));
  const profile = z.safeParse(Profile, eas.data?.build?.[PROFILE]);
  const { distribution, developmentClient, ios, android } = profile.data ?? {};
  if (platform === 'ios') return ios?.simulator ? 'tar.gz' : 'ipa';
  if (android?.buildType !== undefined) return android.buildType === 'apk' ? 'apk' : 'aab';
  return distribution === 'internal' || developmentClient ? 'apk' : 'aab';
}

/** Not JSON: then its own tool will say so, better than we could. */
async function readJson(path: string): Promise<unknown> {
  const content = await readFile(path, 'utf8').catch(ignoreMissing);
  try {
    return JSON.parse(content ?? 'null');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
