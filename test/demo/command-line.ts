import { delimiter, join } from 'node:path';
import type { Controller } from './controller.ts';
import { DemoFailure, REPOSITORY, type Stage } from './stage.ts';

export const CLI = join(REPOSITORY, 'lib/client/cli/main.ts');

/** As a user's shell would have it: the controller's address and key, and the build tools on the path. */
export function clientEnv({ url, apiKey }: Controller): NodeJS.ProcessEnv {
  const path = `${join(REPOSITORY, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  return { ...process.env, PATH: path, BUILDLATCH_URL: url, BUILDLATCH_API_KEY: apiKey };
}

/** One `buildlatch … --json`; answers the document it prints. */
export async function runJson(stage: Stage, controller: Controller, args: readonly string[]): Promise<unknown> {
  const output: string[] = [];
  const errors: string[] = [];
  const child = stage.children.start({
    args: [CLI, ...args, '--json'],
    env: clientEnv(controller),
    onLine: (line) => output.push(line),
    onErrorLine: (line) => errors.push(line),
  });
  const code = await child.ended;
  if (code !== 0) throw new DemoFailure(`buildlatch ${args.join(' ')} ended with ${code}: ${errors.join(' / ')}`);
  return JSON.parse(output.join('\n'));
}
