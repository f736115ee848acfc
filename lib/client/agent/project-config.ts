import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ignoreMissing } from '../missing-file.ts';
import { BuildFailure } from './build-stopped.ts';

const text = z.string().check(z.trim(), z.minLength(1));
const ProjectFile = z.object({ command: z.optional(text), artifact: z.optional(text) });

export interface ProjectConfig {
  readonly command: string;
  /** A path or a pattern, relative to the project. */
  readonly artifact: string;
}

export interface ConfigOverrides {
  readonly command?: string | undefined;
  readonly artifact?: string | undefined;
}

const NAME = 'buildlatch.json';

/** How to build: what the worker was started with goes before what the project says. */
export async function readProjectConfig(project: string, overrides: ConfigOverrides): Promise<ProjectConfig> {
  const content = await readFile(join(project, NAME), 'utf8').catch(ignoreMissing);
  const own = content === undefined ? {} : parse(content);
  const command = overrides.command ?? own.command;
  const artifact = overrides.artifact ?? own.artifact;
  if (command === undefined) throw incomplete('command', content !== undefined);
  if (artifact === undefined) throw incomplete('artifact', content !== undefined);
  return { command, artifact };
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
