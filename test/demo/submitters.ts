import { join } from 'node:path';
import * as z from 'zod/mini';
import { runJson } from './command-line.ts';
import type { Controller } from './controller.ts';
import { REPOSITORY, type Stage } from './stage.ts';

const FIXTURE = join(REPOSITORY, 'test/fixtures/typescript-app');
const Submitted = z.object({ id: z.string(), submitted_at: z.number() });
export type SubmittedBuild = z.output<typeof Submitted>;

/** Pipelines that all submit at once, each its builds one after the other. */
export async function submitAll(
  stage: Stage,
  controller: Controller,
  pipelines: number,
  each: number,
): Promise<SubmittedBuild[]> {
  const submitted: SubmittedBuild[] = [];
  const pipeline = async (name: string) => {
    for (let count = 0; count < each; count++) {
      const build = await submit(stage, controller, FIXTURE, 'ios');
      submitted.push(build);
      stage.say(`${name} submitted build ${build.id}`);
    }
  };
  await Promise.all(Array.from({ length: pipelines }, (_, index) => pipeline(`pipeline ${index + 1}`)));
  return submitted;
}

export async function submit(
  stage: Stage,
  controller: Controller,
  project: string,
  platform: string,
): Promise<SubmittedBuild> {
  return z.parse(Submitted, await runJson(stage, controller, ['submit', project, '--platform', platform]));
}
