import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChildren } from './children.ts';
import { type Controller, startController } from './controller.ts';
import { createHistory } from './history.ts';
import { narrate } from './narrate.ts';
import { DemoFailure, narrator, type Stage } from './stage.ts';

export interface Play {
  readonly watchdogMs: number;
  readonly builds: number;
  /** Settings of the controller, in place of its defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Shows what is to be shown, and answers the closing lines. Throws if it does not hold. */
  readonly act: (stage: Stage, controller: Controller) => Promise<string[]>;
}

/** A controller of its own in a folder of its own; in the end, whatever happens, both are gone with all they started. */
export async function perform(play: Play): Promise<void> {
  const children = createChildren();
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-demo-'));
  const say = narrator((line) => console.log(line));
  const tail: string[] = [];
  const stop = stopped(play.watchdogMs);
  let closing: string[] = [];
  try {
    const stage = { folder, children, history: createHistory(), say };
    closing = await Promise.race([withController(stage, play, tail), stop.promise]);
  } catch (error) {
    process.exitCode = stop.code();
    const reason = error instanceof DemoFailure ? error.message : String(error instanceof Error ? error.stack : error);
    if (process.exitCode !== 130) console.error(['', ...tail, ''].join('\n'));
    console.error(`Demo failed: ${reason}`);
  } finally {
    await children.killAll();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  for (const line of closing) console.log(line);
}

async function withController(stage: Stage, play: Play, tail: string[]): Promise<string[]> {
  narrate(stage.history, stage.say, play.builds);
  const controller = await startController(stage, tail, play.settings);
  stage.say(`controller listening on ${controller.url}`);
  const closing = await Promise.race([play.act(stage, controller), diesEarly(controller)]);
  controller.child.signal('SIGTERM');
  const code = await controller.child.ended;
  if (code !== 0) throw new DemoFailure(`the controller did not stop cleanly: ${code ?? 'killed'}`);
  stage.say('workers and controller stopped cleanly');
  return closing;
}

async function diesEarly({ child }: Controller): Promise<never> {
  throw new DemoFailure(`the controller died: ${(await child.ended) ?? 'killed'}`);
}

function stopped(watchdogMs: number): { promise: Promise<never>; code: () => number } {
  let exitCode = 1;
  const promise = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new DemoFailure(`not over after ${watchdogMs / 1000} s`)), watchdogMs);
    timer.unref();
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        exitCode = 130;
        reject(new DemoFailure('interrupted'));
      });
    }
  });
  return { promise, code: () => exitCode };
}
