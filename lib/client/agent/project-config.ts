import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Job } from '../answers.ts';
import { ignoreMissing } from '../missing-file.ts';
import { BuildFailure } from './build-stopped.ts';
import { expoBuild } from './expo-project.ts';

const text = z.string().check(z.trim(), z.minLength(1));
const how = { command: z.optional(text), artifact: z.optional(text) };
const OfPlatform = z.optional(z.object(how));
const ProjectFile = z.object({ ...how, ios: OfPlatform, android: OfPlatform });

type Platform = Job['platform'];

export interface ProjectConfig {
  readonly command: string;
  /** A path or a pattern, relative to the project. */
  readonly artifact: string;
}

/** For one platform, or for all that have none of their own. */
export type PerPlatform = { readonly [name in Platform | 'all']?: string | undefined };

export interface ConfigOverrides {
  readonly command?: PerPlatform | undefined;
  readonly artifact?: PerPlatform | undefined;
}

const NAME = 'buildlatch.json';

/**
 * How to build: what the worker was started with goes before what the project says, and what is said of the platform
 * before what is said of all. An Expo project need not say anything.
 */
export async function readProjectConfig(
  project: string,
  platform: Platform,
  overrides: ConfigOverrides,
): Promise<ProjectConfig> {
  const content = await readFile(join(project, NAME), 'utf8').catch(ignoreMissing);
  const own = content === undefined ? {} : parse(content);
  const said = (what: 'command' | 'artifact') =>
    overrides[what]?.[platform] ?? overrides[what]?.all ?? own[platform]?.[what] ?? own[what];
  const [command, artifact] = [said('command'), said('artifact')];
  if (command !== undefined && artifact !== undefined) return { command, artifact };
  const expo = command === undefined ? await expoBuild(project, platform, artifact) : undefined;
  if (expo) return expo;
  throw incomplete(command === undefined ? 'command' : 'artifact', content !== undefined);
}

function parse(content: string): z.output<typeof ProjectFile> {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BuildFailure(`${NAME} is not JSON: ${error.message}`);
  }
  const parsed = z.safeParse(ProjectFile, json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BuildFailure(`${NAME}: ${issue?.path.join('.') || 'content'}: ${issue?.message ?? 'invalid'}`);
}

function incomplete(what: string, exists: boolean): BuildFailure {
  const example = '{ "command": "…", "artifact": "path" }';
  return new BuildFailure(
    exists ? `${NAME} names no ${what}; expected ${example}` : `The project has no ${NAME}; expected ${example}`,
  );
}
