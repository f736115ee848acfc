import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChildren } from './children.ts';
import { type Controller, startController } from './controller.ts';
import { dismiss, startCrew } from './crew.ts';
import { gatherEvidence } from './evidence.ts';
import { createHistory } from './history.ts';
import { narrate } from './narrate.ts';
import { verifyResults } from './results.ts';
import { killOneWorker } from './sabotage.ts';
import { DemoFailure, narrator, type Stage } from './stage.ts';
import { submitAll } from './submitters.ts';
import { type Judged, resultTable, verdict } from './verdict.ts';

const PIPELINES = 4;
const BUILDS_EACH = 3;
const WORKERS = 5;
const WATCHDOG_MS = 85_000;

/** Real processes and real builds; one worker dies in the middle of one. Answers the closing lines. */
async function play(stage: Stage, tail: string[]): Promise<string[]> {
  narrate(stage.history, stage.say, PIPELINES * BUILDS_EACH);
  const controller = await startController(stage, tail);
  stage.say(`controller listening on ${controller.url}, leases of 8 s`);
  const judged = await Promise.race([buildEverything(stage, controller), diesEarly(controller)]);
  controller.child.signal('SIGTERM');
  const code = await controller.child.ended;
  if (code !== 0) throw new DemoFailure(`the controller did not stop cleanly: ${code ?? 'killed'}`);
  stage.say('workers and controller stopped cleanly');
  return ['', ...resultTable(judged), '', verdict(judged)];
}

async function buildEverything(stage: Stage, controller: Controller): Promise<Judged> {
  const { history, say } = stage;
  const crew = await startCrew(stage, controller, WORKERS);
  const [builds, victim] = await Promise.all([
    submitAll(stage, controller, PIPELINES, BUILDS_EACH),
    killOneWorker(stage, controller, crew),
  ]);
  const ends = (id: string) =>
    history.controller.some(
      ({ event, buildId }) => buildId === id && (event === 'build_completed' || event === 'build_failed'),
    );
  await history.until(() => builds.every(({ id }) => ends(id)) || undefined);
  say('all builds are over; downloading and verifying every result');
  const results = await verifyResults(
    stage,
    controller,
    builds.map(({ id }) => id),
  );
  await dismiss(crew.filter(({ name }) => name !== victim.name));
  const evidence = builds.map(({ id, submitted_at }) => gatherEvidence(history, id, submitted_at, victim));
  return { evidence, results, victim };
}

async function diesEarly({ child }: Controller): Promise<never> {
  throw new DemoFailure(`the controller died: ${(await child.ended) ?? 'killed'}`);
}

function stopped(): { promise: Promise<never>; code: () => number } {
  let exitCode = 1;
  const promise = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new DemoFailure(`not over after ${WATCHDOG_MS / 1000} s`)), WATCHDOG_MS);
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

const children = createChildren();
const folder = await mkdtemp(join(tmpdir(), 'buildlatch-demo-'));
const say = narrator((line) => console.log(line));
const tail: string[] = [];
const stop = stopped();
let closing: string[] = [];
try {
  closing = await Promise.race([play({ folder, children, history: createHistory(), say }, tail), stop.promise]);
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
