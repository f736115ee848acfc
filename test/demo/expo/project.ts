import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { DemoFailure, REPOSITORY, type Stage } from '../stage.ts';

/** The same each time: our lock file has the versions of all that these two bring. */
const CREATOR = 'create-expo-app@5.0.0';
const TEMPLATE = 'expo-template-blank-typescript@56.0.35';
const OURS = join(REPOSITORY, 'test/fixtures/expo-app');

const Lock = z.object({ packages: z.record(z.string(), z.object({ version: z.optional(z.string()) })) });

export interface ExpoProject {
  readonly folder: string;
  /** What the app's author wrote and drew: both must come out of a build again. */
  readonly text: string;
  readonly picture: Buffer;
  readonly versions: string;
}

/** What `npx create-expo-app` makes of its template, with an app in it and its packages pinned, but not installed. */
export async function makeProject(stage: Stage): Promise<ExpoProject> {
  const folder = join(stage.folder, 'app');
  await createFromTemplate(stage, folder);
  for (const name of ['App.tsx', 'package-lock.json']) await copyFile(join(OURS, name), join(folder, name));
  const text = /<Text>([^<{]+)<\/Text>/.exec(await readFile(join(folder, 'App.tsx'), 'utf8'))?.[1];
  if (text === undefined) throw new DemoFailure('App.tsx has no text to look for');
  const picture = await readFile(join(folder, 'assets/icon.png'));
  return { folder, text, picture, versions: await readVersions(folder) };
}

async function createFromTemplate(stage: Stage, folder: string): Promise<void> {
  const output: string[] = [];
  const child = stage.children.start({
    program: 'npx',
    args: ['--yes', CREATOR, folder, '--template', TEMPLATE, '--no-install'],
    env: { ...process.env, CI: '1', EXPO_NO_TELEMETRY: '1' },
    onLine: (line) => output.push(line),
    onErrorLine: (line) => output.push(line),
  });
  const code = await child.ended;
  if (code !== 0) throw new DemoFailure(`${CREATOR} ended with ${code}: ${output.slice(-10).join('\n')}`);
  stage.say(`${CREATOR} made a project of ${TEMPLATE}`);
}

async function readVersions(folder: string): Promise<string> {
  const { packages } = z.parse(Lock, JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')));
  const version = (name: string) => packages[`node_modules/${name}`]?.version;
  return `Expo ${version('expo')}, React Native ${version('react-native')}, ${Object.keys(packages).length - 1} packages`;
}
