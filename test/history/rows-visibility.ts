import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { VISIBILITY_SECONDS } from '../../infra/queues.ts';
import { times } from './crew.ts';
import type { Attack, AwsCall, Chosen } from './nemesis.ts';
import type { Job } from './recorded-client.ts';
import type { Row, Stage } from './rows.ts';
import { advance } from './time-travel.ts';
import { LONGEST_HIDDEN_MS } from './world.ts';

/** What is submitted before the poll: a build; or one that makes way for one with priority, whose message then goes back. */
const KINDS = [[{}], [{}, { priority: '5' }]] as const;
type Kind = (typeof KINDS)[number];

/** The first call of this operation that a poll makes after its receive. */
interface Step {
  readonly kind: Kind;
  readonly operation: string;
}

/** What a poll asks for beside its receive may come before it: then nothing is held in that round. */
const MOST_ROUNDS_PER_HELD = 4;

const MUST_BE_HELD = ['TransactWriteItems', 'DeleteMessage', 'ChangeMessageVisibility'];

/** The message shows itself again while a call of the poll that received it is under way. The volume is spread over the calls. */
export const expiredVisibility: Row = {
  name: 'visibility-expires',
  fault: 'visibility expires at each call of a poll after its receive',
  volume: 500,
  few: 8,
  isFaulty: false,
  async act(stage) {
    const steps: Step[] = [];
    for (const kind of KINDS) {
      for (const operation of new Set(await watchPoll(stage, kind))) steps.push({ kind, operation });
    }
    const held: string[] = [];
    // The few of a test run are fewer than the steps.
    const isDone = () => held.length >= stage.volume && MUST_BE_HELD.every((operation) => held.includes(operation));
    for (let round = 0; !isDone() && round < MOST_ROUNDS_PER_HELD * stage.volume; round++) {
      const step = steps[round % steps.length];
      if (step && (await expireAt(stage, step))) held.push(step.operation);
    }
    const counts = Map.groupBy(held, (operation) => operation);
    for (const operation of MUST_BE_HELD) stage.promise(`a poll is held at its ${operation}`, counts.has(operation));
    stage.promise(`polls are held ${stage.volume} times (${held.length})`, held.length >= stage.volume);
    stage.note([...counts].map(([operation, { length }]) => `${length} ${operation}`).join(', '));
  },
};

/**
 * What the functions remember from earlier polls is forgotten, and no message is left of builds that were granted without
 * theirs: by both a poll would make other calls than the one that was watched.
 */
async function startAfresh({ world }: Stage): Promise<void> {
  advance(LONGEST_HIDDEN_MS);
  await world.clearQueues();
}

/** The calls of a poll that is not disturbed, from its receive on. */
async function watchPoll(stage: Stage, kind: Kind): Promise<string[]> {
  const { client } = stage;
  const calls: string[] = [];
  const watch = afterReceive((call) => {
    calls.push(call.operation);
    return undefined;
  });
  await startAfresh(stage);
  for (const asks of kind) await client.submit('ios', asks);
  const workers = (await times(kind.length, () => client.register())).flatMap((worker) => worker ?? []);
  stage.attack(watch);
  const [first, ...others] = workers;
  const jobs = [first && (await client.poll(first))];
  stage.attack();
  for (const worker of others) jobs.push(await client.poll(worker));
  await endAll(stage, jobs);
  return calls;
}

/** `fault` decides about each call after the first receive. */
function afterReceive(fault: (call: AwsCall) => Chosen): Attack {
  let hasReceived = false;
  return {
    share: 1,
    fault: (call) => {
      if (hasReceived) return fault(call);
      hasReceived = call.operation === 'ReceiveMessage';
      return undefined;
    },
  };
}

/** Whether there was such a call. */
async function expireAt(stage: Stage, { kind, operation }: Step): Promise<boolean> {
  const { client } = stage;
  await startAfresh(stage);
  const builds = (await Promise.all(kind.map((asks) => client.submit('ios', asks)))).flatMap((id) => id ?? []);
  const workers = (await times(3, () => client.register())).flatMap((worker) => worker ?? []);
  const [slow, quick, third] = workers;
  if (!slow || !quick || !third) throw new Error('nobody to poll');
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let isHeld = false;
  let isOver = false;
  stage.attack(
    afterReceive((call) => {
      if (isHeld || call.operation !== operation) return undefined;
      isHeld = true;
      return { until: released };
    }),
  );
  const first = client.poll(slow).finally(() => {
    isOver = true;
  });
  while (!isHeld && !isOver) await yieldToOthers();
  advance((VISIBILITY_SECONDS + 1) * 1000);
  const second = await client.poll(quick);
  release();
  const jobs = [await first, second];
  stage.promise(`${operation}: one of the two is granted a build`, jobs.some(Boolean));
  // What made way, or was not looked for in time, is there for the next.
  if (jobs.filter(Boolean).length < builds.length) jobs.push(await client.poll(third));
  const granted = jobs.flatMap((job) => job?.build ?? []);
  const isOnce = granted.length === builds.length && builds.every((build) => granted.includes(build));
  stage.promise(`${operation}: each build is granted once (${granted.length} of ${builds.length})`, isOnce);
  await endAll(stage, jobs);
  return isHeld;
}

async function endAll({ client }: Stage, jobs: readonly (Job | undefined)[]): Promise<void> {
  for (const job of jobs) if (job) await client.cancel(job.build);
}
