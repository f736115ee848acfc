import type { TestWorker } from '../support/controller.ts';
import type { Dice } from './dice.ts';
import type { BuildRecord, Outcome } from './history.ts';
import type { Job, RecordedClient } from './recorded-client.ts';
import { newName } from './recorder.ts';
import type { Upload } from './recorded-uploads.ts';

/** In what share of its jobs a worker does what; it completes the rest. */
export interface Habits {
  /** Silent for ever, at a moment of its work. */
  readonly dies: number;
  /** Silent until it is woken, when it goes on as if nothing had happened. */
  readonly pauses: number;
  readonly fails: number;
  readonly abandons: number;
  /** Unregisters with the build in its hands. */
  readonly leaves: number;
  /** Its build is cancelled while it works. */
  readonly isCancelled: number;
  /** Sends again what was answered already. */
  readonly repeats: number;
  /** Uploads its result in parts. */
  readonly parts: number;
  /** Of builds that failed or were cancelled: somebody has them built once more. */
  readonly isRetried: number;
  /** Builds that bring down whoever works on them. */
  readonly poison?: ReadonlySet<string>;
}

export const USUAL: Habits = {
  dies: 0,
  pauses: 0,
  fails: 0.05,
  abandons: 0.03,
  leaves: 0.02,
  isCancelled: 0.05,
  repeats: 0.1,
  parts: 0,
  isRetried: 0.5,
};

/** A worker that fell silent with a build in its hands, for ever or until it is woken. */
export interface Lost {
  readonly worker: TestWorker;
  readonly job: Job;
}

export const isHeldIn = (build: BuildRecord, attempt: number) =>
  ['assigned', 'building'].includes(build.state) && build.attempt === attempt;

/** A worker that sleeps over its lease, with what it remembers. */
export interface Sleeper extends Lost {
  readonly upload: Upload | undefined;
}

interface Surroundings {
  readonly client: RecordedClient;
  readonly dice: Dice;
  readonly habits: Habits;
  readonly sleepers: Sleeper[];
  readonly lost: Lost[];
}

/** Works on a job to its end. False: the worker is gone, for now or for ever. */
export async function work(around: Surroundings, worker: TestWorker, job: Job): Promise<boolean> {
  const { client, dice, habits } = around;
  // Before its first heartbeat a worker that asks again gets the same again.
  if (dice.happens(habits.repeats)) await client.poll(worker);
  if (dice.happens(habits.dies / 2)) return fallSilent(around, worker, job);
  if (!(await goesOn(client.insist(() => client.say('heartbeat', worker, job))))) return true;
  if (habits.poison?.has(job.build)) return fallSilent(around, worker, job);
  const cancelling = dice.happens(habits.isCancelled) ? client.cancel(job.build) : undefined;
  const isHere = await makeProgress(around, worker, job);
  await cancelling;
  if (cancelling) await tryAgain(around, job.build);
  return isHere;
}

function fallSilent({ lost }: Surroundings, worker: TestWorker, job: Job): false {
  lost.push({ worker, job });
  return false;
}

/** Once, whatever is answered, or to some twice: then it is the same build. */
export async function tryAgain(
  { client, dice, habits }: Omit<Surroundings, 'sleepers' | 'lost'>,
  build: string,
): Promise<void> {
  if (!dice.happens(habits.isRetried)) return;
  const name = newName();
  await client.retry(build, name);
  if (dice.happens(habits.repeats)) await client.retry(build, name);
}

async function makeProgress(around: Surroundings, worker: TestWorker, job: Job): Promise<boolean> {
  const { client, dice, habits, sleepers } = around;
  if (dice.happens(0.3) && !(await goesOn(client.say('logs', worker, job)))) return true;
  if (dice.happens(0.2)) await client.source(worker, job);
  if (dice.happens(habits.dies / 2)) return fallSilent(around, worker, job);
  if (dice.happens(habits.pauses)) {
    const upload = dice.happens(0.5) ? await client.ticket(worker, job) : undefined;
    sleepers.push({ worker, job, upload });
    return fallSilent(around, worker, job);
  }
  if (dice.happens(habits.leaves)) {
    await client.unregister(worker, job);
    return false;
  }
  for (const [op, share] of [['abandon', habits.abandons] as const, ['fail', habits.fails] as const]) {
    if (!dice.happens(share)) continue;
    await repeatedly(around, () => client.say(op, worker, job), op === 'fail');
    if (op === 'fail') await tryAgain(around, job.build);
    return true;
  }
  await deliver(around, worker, job);
  return true;
}

/** Uploads and completes, and perhaps says so twice. */
async function deliver(
  around: Surroundings,
  worker: TestWorker,
  job: Job,
  early?: Upload,
): Promise<Outcome | undefined> {
  const { client, dice, habits } = around;
  const isParted = !early && dice.happens(habits.parts);
  if (isParted && dice.happens(0.5)) await beginInVain(around, worker, job);
  const upload = early ?? (await client.ticket(worker, job, isParted));
  if (!upload || (await client.put(upload)) !== 200) return undefined;
  if (isParted && (await client.parts('join', worker, job, upload)).kind !== 'ok') return undefined;
  return repeatedly(around, () => client.complete(worker, job, upload), true);
}

async function beginInVain({ client }: Surroundings, worker: TestWorker, job: Job): Promise<void> {
  const upload = await client.ticket(worker, job, true);
  if (upload) await client.parts('giveUp', worker, job, upload);
}

async function repeatedly({ client, dice, habits }: Surroundings, send: () => Promise<Outcome>, mayRepeat: boolean) {
  const first = await client.insist(send);
  if (mayRepeat && dice.happens(habits.repeats)) await client.insist(send);
  return first;
}

/** What was answered to what; no report of completion without an upload. */
export interface Answers {
  readonly heartbeat: Outcome;
  readonly logs: Outcome;
  readonly complete?: Outcome | undefined;
  readonly fail: Outcome;
  readonly abandon: Outcome;
}

/** What a worker does that was stopped over the end of its lease and knows nothing of it. */
export async function wakeUp(around: Surroundings, { worker, job, upload }: Sleeper): Promise<Answers> {
  const { client } = around;
  return {
    heartbeat: await client.say('heartbeat', worker, job),
    logs: await client.say('logs', worker, job),
    // An upload that was allowed in time arrives late, and then its report.
    complete: await deliver(around, worker, job, upload),
    fail: await client.say('fail', worker, job),
    abandon: await client.say('abandon', worker, job),
  };
}

/** The server's word is what counts: refused means stop. */
async function goesOn(outcome: Promise<Outcome>): Promise<boolean> {
  return (await outcome).kind !== 'refused';
}
