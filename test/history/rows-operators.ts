import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { inLanes, runLoad } from './crew.ts';
import type { Attack } from './nemesis.ts';
import type { Outcome } from './history.ts';
import { newName } from './recorder.ts';
import type { Row, Stage } from './rows.ts';
import { USUAL, wakeUp } from './simulated-worker.ts';
import { advance } from './time-travel.ts';
import { buildNamedIn } from './world.ts';

const PLATFORMS = ['ios', 'android'] as const;
type Platform = (typeof PLATFORMS)[number];

const LOST: readonly Attack[] = [
  { share: 0.05, fault: 'dropBefore' },
  { share: 0.05, fault: 'dropAfter' },
];

/** Acts of operators; half as many builds are built meanwhile. */
const ROUND = 48;
const ACTS_PER_PAUSE = 8;

/** What people do to a controller at work, most of it at once, while requests to the engines and their replies are lost. */
export const operators: Row = {
  name: 'operators',
  fault: 'requests and replies lost while queues are paused, workers revoked, dead letters redriven, builds retried',
  volume: 2_000,
  few: 12,
  isFaulty: true,
  async act(stage) {
    const done = { pauses: 0, revoked: 0, redriven: 0, retried: 0 };
    for (let acts = 0; acts < stage.volume; acts += ROUND) {
      stage.attack(...LOST);
      await atOnce(stage, Math.min(ROUND, stage.volume - acts), done);
      await redriveAll(stage, done);
      await handOver(stage, done);
    }
    for (const [what, count] of Object.entries(done)) stage.promise(`there were ${what}`, count > 0);
    stage.note(
      Object.entries(done)
        .map(([what, count]) => `${count} ${what}`)
        .join(', '),
    );
  },
};

type Done = Record<'pauses' | 'revoked' | 'redriven' | 'retried', number>;

async function atOnce(stage: Stage, acts: number, done: Done): Promise<void> {
  const pauses = Math.ceil(acts / ACTS_PER_PAUSE);
  let count = 0;
  const act = () => ACTS[count++ % ACTS.length]?.(stage, done);
  await Promise.all([
    runLoad(stage, { builds: Math.ceil(acts / 2), pollers: 4, platforms: PLATFORMS, cancels: 0.1 }),
    pauseOften(stage, pauses, done),
    inLanes(acts - pauses, async () => act()),
  ]);
}

const ACTS = [revokeOne, retryOne, buryAndRedrive];

const platformOf = ({ dice }: Pick<Stage, 'dice'>): Platform => dice.pick(PLATFORMS) ?? 'ios';

/** Longer than any environment goes on to hand out, and than any goes on to hold back (`remembered-pauses.ts`). */
const UNTIL_ALL_KNOW_MS = 5_001;

/** One pause after another: of two at once nobody could say when a platform is paused. */
async function pauseOften(stage: Stage, pauses: number, done: Done): Promise<void> {
  const { client } = stage;
  for (let count = 0; count < pauses; count++) {
    const platform = platformOf(stage);
    await client.submit(platform);
    const isPaused = (await client.pause(platform)).kind === 'ok';
    advance(UNTIL_ALL_KNOW_MS);
    const worker = await client.register([platform]);
    // One that waits for sure: it came after the pause.
    await client.submit(platform);
    let answers = 0;
    for (let polls = 0; worker && polls < 3; polls++) {
      const { job, nextPollMs } = await client.ask(worker);
      if (nextPollMs !== undefined) answers += 1;
      stage.promise(`${platform} hands out nothing while paused`, !isPaused || !job);
    }
    if (isPaused && answers > 0) done.pauses += 1;
    while ((await client.resume(platform)).kind !== 'ok');
    advance(UNTIL_ALL_KNOW_MS);
  }
}

const isGone = (outcome: Outcome) =>
  outcome.kind === 'ok' || (outcome.kind === 'refused' && outcome.code === 'worker_not_found');

/** A worker is revoked while it does something with its build, and goes on as if nothing had happened. */
async function revokeOne(stage: Stage, done: Done): Promise<void> {
  const { client, dice } = stage;
  const platform = platformOf(stage);
  await client.submit(platform);
  const worker = await client.register([platform]);
  const job = worker && (await client.poll(worker));
  if (!worker || !job) return;
  const upload = await client.ticket(worker, job);
  if (upload) await client.put(upload);
  const rivals = [
    () => client.poll(worker),
    () => client.say('heartbeat', worker, job),
    () => client.say('fail', worker, job),
    () => client.say('abandon', worker, job),
    () => client.register([platform], { id: worker.id }),
    async () => upload && client.complete(worker, job, upload),
    async () => undefined,
  ];
  const [outcome] = await Promise.all([client.revoke(worker), dice.pick(rivals)?.()]);
  if (isGone(outcome)) done.revoked += 1;
  await wakeUp({ ...stage, habits: USUAL }, { worker, job, upload });
  await client.poll(worker);
  await client.register([platform], { id: worker.id });
}

/** A build that is retried too early, by two at once, and once more when the first of the new ones is over. */
async function retryOne(stage: Stage, done: Done): Promise<void> {
  const { client, dice } = stage;
  const build = await client.submit(platformOf(stage));
  if (build === undefined) return;
  const [name, other] = [newName(), newName()];
  if (dice.happens(0.3)) await client.retry(build, name);
  await client.cancel(build);
  const [first, again] = await Promise.all([
    client.retry(build, name),
    client.retry(build, name),
    client.retry(build, other),
  ]);
  const id = first ?? again;
  if (id === undefined) return;
  done.retried += 1;
  await client.cancel(id);
  await client.retry(build, name);
}

async function buryAndRedrive(stage: Stage, done: Done): Promise<void> {
  await bury(stage, platformOf(stage));
  await redrive(stage, done);
}

async function redrive({ client }: Stage, done: Done): Promise<void> {
  const outcome = await client.redrive();
  if (outcome.kind === 'ok') done.redriven += Number(outcome.facts['redriven']);
}

/** Puts a message where fifty receives would have put it. Answers whose it was. */
async function bury({ world, inject, operate }: Stage, platform: Platform): Promise<string | undefined> {
  const { sqs, stack, sendRaw } = world.controller;
  const QueueUrl = stack.queueUrls[platform];
  const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  if (!message?.Body) return undefined;
  await sendRaw('deadLetters', message.Body);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  inject();
  operate(1);
  return buildNamedIn(message.Body);
}

const LETTERS = 5;
/** What a redrive leaves behind comes back after thirty seconds. */
const LEFT_BEHIND_MS = 31_000;
const MOST_REDRIVES = 20;

/** Nobody else is at work: what was put aside is handed out again, each build once, without a sweep having sent it. */
async function redriveAll(stage: Stage, done: Done): Promise<void> {
  const { client, world } = stage;
  const platform = platformOf(stage);
  for (let count = 0; count < LETTERS; count++) await client.submit(platform);
  const buried = new Set<string>();
  for (let id = await bury(stage, platform); id !== undefined; id = await bury(stage, platform)) buried.add(id);
  for (let tries = 0; tries < MOST_REDRIVES; tries++) {
    await redrive(stage, done);
    const { waiting, hidden } = await world.controller.depth('deadLetters');
    if (waiting + hidden === 0) break;
    advance(LEFT_BEHIND_MS);
  }
  const { waiting, hidden } = await world.controller.depth('deadLetters');
  stage.promise(`all dead letters are moved at last (${waiting + hidden} were not)`, waiting + hidden === 0);
  stage.attack();
  const items = await world.controller.items();
  const pending = new Set(items.filter(({ sk, state }) => sk === 'BUILD' && state === 'pending').map(({ id }) => id));
  const left = new Set([...buried].filter((id) => pending.has(id)));
  const worker = await client.register([platform]);
  for (let polls = 0; worker && left.size > 0 && polls < 4 * buried.size; polls++) {
    const job = await client.poll(worker);
    if (!job) break;
    left.delete(job.build);
    // A failure at once would speak against the worker: after three it is given nothing.
    await client.cancel(job.build);
  }
  stage.promise(`what was redriven is handed out (${left.size} of ${buried.size} were not)`, left.size === 0);
}

/** Still nobody else is at work: what a worker held that is revoked is the next one's at once. */
async function handOver({ client, promise, ...stage }: Stage, done: Done): Promise<void> {
  const platform = platformOf(stage);
  await client.submit(platform);
  const [worker, next] = [await client.register([platform]), await client.register([platform])];
  const job = worker && (await client.poll(worker));
  if (!job || !next) throw new Error('nobody to revoke');
  if (isGone(await client.revoke(worker))) done.revoked += 1;
  // Older builds that nobody has taken yet come before it.
  let again = await client.poll(next);
  for (let before = 0; again && again.build !== job.build && before < MOST_BEFORE; before++) {
    await client.cancel(again.build);
    again = await client.poll(next);
  }
  promise('what a revoked worker held is handed out at once', again?.build === job.build);
  if (again) await client.cancel(again.build);
}

const MOST_BEFORE = 50;
