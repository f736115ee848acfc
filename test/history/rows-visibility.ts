import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { VISIBILITY_SECONDS } from '../../infra/queues.ts';
import { times } from './crew.ts';
import type { Attack, AwsCall, Chosen } from './nemesis.ts';
import type { Job } from './recorded-client.ts';
import type { Row, Stage } from './rows.ts';
import { advance } from './time-travel.ts';

/** What is submitted before the poll: a build; or one that makes way for one with priority, whose message then goes back. */
const KINDS = [[{}], [{}, { priority: '5' }]] as const;
type Kind = (typeof KINDS)[number];

/** One call of a poll: the how-manieth it is after the receive. */
interface Step {
  readonly kind: Kind;
  readonly index: number;
  readonly operation: string;
}

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
      const operations = await watchPoll(stage, kind);
      steps.push(...operations.map((operation, index) => ({ kind, index, operation })));
    }
    const named = steps.map(({ operation }) => operation);
    for (const operation of ['TransactWriteItems', 'DeleteMessage', 'ChangeMessageVisibility']) {
      stage.promise(`a poll makes a ${operation}`, named.includes(operation));
    }
    for (let round = 0; round < stage.volume; round++) {
      const step = steps[round % steps.length];
      if (step) await expireAt(stage, step);
    }
    stage.note(`held: ${named.join(', ')}`);
  },
};

/** What the functions remember from earlier polls is forgotten before each. */
const FORGOTTEN_MS = 60_000;

/** The calls of a poll that is not disturbed, from its receive on. */
async function watchPoll(stage: Stage, kind: Kind): Promise<string[]> {
  const { client } = stage;
  const calls: string[] = [];
  const watch = afterReceive((call) => {
    calls.push(call.operation);
    return undefined;
  });
  for (const asks of kind) await client.submit('ios', asks);
  const workers = (await times(kind.length, () => client.register())).flatMap((worker) => worker ?? []);
  advance(FORGOTTEN_MS);
  stage.attack(watch);
  const [first, ...others] = workers;
  const jobs = [first && (await client.poll(first))];
  stage.attack();
  for (const worker of others) jobs.push(await client.poll(worker));
  await endAll(stage, jobs);
  return calls;
}

/** `fault` decides about each call after the first receive. */
function afterReceive(fault: (call: AwsCall, index: number) => Chosen): Attack {
  let index = -1;
  return {
    share: 1,
    fault: (call) => {
      if (index >= 0) return fault(call, index++);
      if (call.operation === 'ReceiveMessage') index = 0;
      return undefined;
    },
  };
}

async function expireAt(stage: Stage, { kind, index, operation }: Step): Promise<void> {
  const { client } = stage;
  const builds = (await Promise.all(kind.map((asks) => client.submit('ios', asks)))).flatMap((id) => id ?? []);
  const workers = (await times(3, () => client.register())).flatMap((worker) => worker ?? []);
  const [slow, quick, third] = workers;
  if (!slow || !quick || !third) throw new Error('nobody to poll');
  advance(FORGOTTEN_MS);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let held: string | undefined;
  let isOver = false;
  stage.attack(
    afterReceive((call, at) => {
      if (at !== index || held) return undefined;
      held = call.operation;
      return { until: released };
    }),
  );
  const first = client.poll(slow).finally(() => {
    isOver = true;
  });
  while (!held && !isOver) await yieldToOthers();
  stage.promise(`${operation} is held (${held})`, held === operation);
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
}

async function endAll({ client }: Stage, jobs: readonly (Job | undefined)[]): Promise<void> {
  for (const job of jobs) if (job) await client.cancel(job.build);
}
