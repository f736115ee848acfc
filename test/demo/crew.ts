import { join } from 'node:path';
import type { Child } from './children.ts';
import { CLI, clientEnv } from './command-line.ts';
import type { Controller } from './controller.ts';
import { DemoFailure, type Stage } from './stage.ts';

export interface CrewMember {
  readonly name: string;
  readonly child: Child;
}

export interface WorkerSpec {
  readonly name: string;
  readonly args: readonly string[];
}

/** Starts workers, and resolves when all of them have registered. */
export async function startCrew(
  stage: Stage,
  controller: Controller,
  specs: readonly WorkerSpec[],
): Promise<CrewMember[]> {
  const crew = specs.map((spec) => startWorker(stage, controller, spec));
  const registered = ({ name }: CrewMember) =>
    stage.history.until(() =>
      stage.history.workers.find((event) => event.worker === name && event.event === 'registered'),
    );
  await Promise.all(crew.map((member) => Promise.race([registered(member), endedEarly(member)])));
  stage.say(`${crew.length} workers registered`);
  return crew;
}

function startWorker(stage: Stage, controller: Controller, { name, args }: WorkerSpec): CrewMember {
  const child = stage.children.start({
    args: [CLI, 'worker', '--name', name, ...args, '--work-dir', join(stage.folder, 'work'), '--json'],
    env: clientEnv(controller),
    onLine: (line) => {
      stage.history.addWorker(name, line);
      const latest = stage.history.workers.at(-1);
      if (latest?.pid !== undefined) stage.children.adopt(latest.pid);
    },
  });
  return { name, child };
}

async function endedEarly({ name, child }: CrewMember): Promise<never> {
  throw new DemoFailure(`worker ${name} ended with ${(await child.ended) ?? 'a signal'} before it had registered`);
}

/** Asks politely; each finishes what it does and leaves with 0. */
export async function dismiss(crew: readonly CrewMember[]): Promise<void> {
  for (const { child } of crew) child.signal('SIGTERM');
  for (const { name, child } of crew) {
    const code = await child.ended;
    if (code !== 0) throw new DemoFailure(`worker ${name} did not leave cleanly: ${code ?? 'killed'}`);
  }
}
