import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { eachInLanes, employ, inLanes, sweep } from './crew.ts';
import type { Job } from './recorded-client.ts';
import type { Row, Stage } from './rows.ts';
import { isHeldIn, type Sleeper, USUAL, wakeUp } from './simulated-worker.ts';
import { advance } from './time-travel.ts';
import { LEASE_MS } from './world.ts';

const ROUND = 50;

/** As another; as itself; as itself, saying that it holds nothing. */
type Way = 'new' | 'attached' | 'empty';
const WAYS: readonly Way[] = ['new', 'attached', 'empty'];
const wayOf = (way: Way, id: string) =>
  way === 'new' ? {} : { id, ...(way === 'empty' && { active_build_count: 0 }) };

/** Workers that register again with a build in their hands. The volume is theirs. */
export const restarts: Row = {
  name: 'restarts',
  fault: 're-registration mid-build, same id and new id',
  volume: 1_000,
  few: 20,
  isFaulty: false,
  async act(stage) {
    while (stage.injected() < stage.volume) {
      const orphans: Sleeper[] = [];
      await inLanes(Math.min(ROUND, stage.volume - stage.injected()), () => restart(stage, orphans));
      await outlive(stage, orphans);
      await grantUnderWay(stage);
    }
  },
};

async function restart(stage: Stage, orphans: Sleeper[]): Promise<void> {
  const { client, dice } = stage;
  const employed = await employ(stage);
  if (!employed) return;
  const { worker, job } = employed;
  const hasBegun = dice.happens(0.7);
  if (hasBegun) await client.say('heartbeat', worker, job);
  const old: Sleeper = { worker, job, upload: await client.ticket(worker, job) };
  const way = dice.pick(WAYS) ?? 'new';
  stage.inject();
  if (dice.happens(0.3)) return meetItself(stage, old, way);
  const renewed = await client.register(['ios'], wayOf(way, worker.id));
  if (!renewed) return stage.promise('a worker may register again', false);
  const isGivenBack = await wasGivenBack(stage, old);
  const next = await client.poll(renewed);
  const isHandedAgain = isSame(next, job);
  const what = `${way} after ${job.build} attempt ${job.attempt}`;
  const around = { ...stage, habits: USUAL };
  const finish = async () => next && wakeUp(around, { worker: renewed, job: next, upload: undefined });
  if (way === 'attached') {
    stage.promise(`${what}: nothing is given back`, !isGivenBack);
    // Whoever has begun is not handed its build again: it may go on with it.
    stage.promise(
      `${what}: it is handed again, unless it was begun`,
      isHandedAgain !== hasBegun && !(hasBegun && next),
    );
    const { heartbeat } = await wakeUp(around, { ...old, worker: renewed });
    stage.promise(`${what}: the build is its own`, heartbeat.kind === 'ok');
  } else if (way === 'empty') {
    stage.promise(`${what}: given back at once`, isGivenBack);
    stage.promise(`${what}: and not handed again as well`, !isHandedAgain);
    const isHandedOn = next !== undefined && (await client.pollAsEarlier(worker)) !== undefined;
    stage.promise(`${what}: what the new process was given is not handed to the old one`, !isHandedOn);
    await promiseRefused(stage, old, what);
    await finish();
  } else {
    stage.promise(`${what}: the attempt lives on`, !isGivenBack && !isHandedAgain);
    orphans.push(old);
    await finish();
  }
}

const isSame = (one: Job | undefined, other: Job) => one?.build === other.build && one.attempt === other.attempt;

const GIVES_WAY = ['requeued', 'given_back', 'failed'];

/** Either its worker has it, or it was taken from it: never both, never neither. */
async function wasGivenBack(stage: Stage, { job: { build, attempt }, worker }: Sleeper): Promise<boolean> {
  const { record, events } = await stage.world.storyOf(build);
  const isOver = events.some((event) => event.attempt === attempt && GIVES_WAY.includes(event.type));
  const isHeld = record !== undefined && isHeldIn(record, attempt) && record.workerId === worker.id;
  stage.promise(`${build} attempt ${attempt} is either held or given back`, isOver !== isHeld);
  return isOver;
}

async function promiseRefused(stage: Stage, old: Sleeper, what: string): Promise<void> {
  const { heartbeat, logs, complete, fail, abandon } = await wakeUp({ ...stage, habits: USUAL }, old);
  const areRefused = [heartbeat, logs, complete, fail, abandon].every((each) => !each || each.kind === 'refused');
  stage.promise(`${what}: the old process is refused whatever it says`, areRefused);
}

/** The old process has not ended, and works on while the new one registers: who wins is chance. */
async function meetItself(stage: Stage, old: Sleeper, way: Way): Promise<void> {
  const { client } = stage;
  const around = { ...stage, habits: USUAL };
  const [renewed] = await Promise.all([client.register(['ios'], wayOf(way, old.worker.id)), wakeUp(around, old)]);
  const next = renewed && (await client.poll(renewed));
  if (!next) return;
  const { events } = await stage.world.storyOf(old.job.build);
  const isOver = events.some(({ type, attempt }) => attempt === old.job.attempt && GIVES_WAY.includes(type));
  stage.promise(`${way}: not given back and handed again`, !(isOver && isSame(next, old.job)));
  await wakeUp(around, { worker: renewed, job: next, upload: undefined });
}

/** Nobody checks as long as this of what was read before. */
const MARGIN_MS = 30_000;

/** The build of a worker that came back as another is its old process's until the lease ends, and only until then. */
async function outlive(stage: Stage, orphans: readonly Sleeper[]): Promise<void> {
  await eachInLanes(orphans, async ({ worker, job }) => {
    const { kind } = await stage.client.say('heartbeat', worker, job);
    stage.promise(`the old process keeps ${job.build} attempt ${job.attempt}`, kind === 'ok');
  });
  advance(LEASE_MS - MARGIN_MS);
  await sweep(stage);
  await eachInLanes(orphans, async (orphan) => {
    const isLate = await wasGivenBack(stage, orphan);
    stage.promise(`${orphan.job.build} attempt ${orphan.job.attempt} lives until its lease ends`, !isLate);
  });
  advance(MARGIN_MS);
  await sweep(stage);
  await eachInLanes(orphans, async (orphan) => {
    const what = `${orphan.job.build} attempt ${orphan.job.attempt}`;
    stage.promise(`${what} ends with its lease`, await wasGivenBack(stage, orphan));
    await promiseRefused(stage, orphan, what);
  });
}

/** A grant that was prepared before its worker registered again is not made: that worker has ended. */
async function grantUnderWay(stage: Stage): Promise<void> {
  const { client } = stage;
  await client.submit();
  const worker = await client.register();
  if (!worker) return;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let isHeld = false;
  const hold = () => {
    isHeld = true;
    return { until: released };
  };
  stage.attack({ operations: ['TransactWriteItems'], share: 1, fault: hold });
  const first = client.poll(worker);
  while (!isHeld) await yieldToOthers();
  const renewed = await client.register(['ios'], { id: worker.id });
  stage.attack();
  release();
  stage.promise('a grant of an earlier registration is refused', (await first) === undefined);
  // The message went back for some seconds.
  advance(MARGIN_MS * 3);
  const next = renewed && (await client.poll(renewed));
  stage.promise('the new process is granted a build', next !== undefined);
  if (next) await wakeUp({ ...stage, habits: USUAL }, { worker: renewed, job: next, upload: undefined });
}
