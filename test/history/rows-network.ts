import { cancelled, dynamoError, slowDown, sqsError } from '../support/fault-errors.ts';
import { inLanes, runLoad, sweep, times } from './crew.ts';
import type { Attack, AwsCall } from './nemesis.ts';
import type { Row, Stage } from './rows.ts';
import { conflict, conflicts } from './rows-conflicts.ts';
import { hang } from './rows-hang.ts';
import { LOST_ROWS } from './rows-lost-calls.ts';
import { advance } from './time-travel.ts';
import { LONGEST_HIDDEN_MS } from './world.ts';

/** Rows whose faults lie between the functions and the engines. */

const usualLoad = (stage: Stage) => runLoad(stage, { builds: stage.volume, pollers: 8, cancels: 0.03 });

const quiet = (pollers: number): Row => ({
  name: `quiet-${pollers}`,
  fault: `none, ${pollers} pollers`,
  volume: 2_000,
  few: 40,
  isFaulty: false,
  act: (stage) => runLoad(stage, { builds: stage.volume, pollers, cancels: 0.03 }),
});

const faulty = (name: string, fault: string, volume: number, few: number, attacks: readonly Attack[]): Row => ({
  name,
  fault,
  volume,
  few,
  isFaulty: true,
  attacks,
  act: usualLoad,
});

function throttle({ engine, operation, body }: AwsCall) {
  if (engine === 's3') return slowDown;
  if (engine === 'sqs') return sqsError('ThrottlingException');
  if (operation !== 'TransactWriteItems') return dynamoError('ProvisionedThroughputExceededException');
  const parts: unknown[] = JSON.parse(body).TransactItems;
  return cancelled(...parts.map((_, index) => (index === 0 ? 'ThrottlingError' : 'None')));
}

const notThere = { status: 404, headers: {}, body: '' };

const MAX_P99_MS = 6_000;

const throttled: Row = {
  ...faulty('throttle', 'throttle storm 30 %', 3_000, 8, [{ share: 0.3, fault: throttle }]),
  async act(stage) {
    await usualLoad(stage);
    const took = stage
      .entries()
      .map(({ tookMs }) => tookMs)
      .sort((a, b) => a - b);
    const p99 = took[Math.ceil(took.length * 0.99) - 1] ?? 0;
    stage.note(`p99 ${p99} ms`);
    stage.promise(`99 of 100 answers come within ${MAX_P99_MS} ms (${p99} ms)`, p99 <= MAX_P99_MS);
  },
};

/** Copies of every message, at once and later, each at its own time. */
const duplicates: Row = {
  name: 'duplicates',
  fault: 'duplicate delivery x2-x5, reordering',
  volume: 10_000,
  few: 40,
  isFaulty: false,
  async act(stage) {
    const { world, dice } = stage;
    const late: string[] = [];
    const sending: Promise<unknown>[] = [];
    let copies = 0;
    const copy = ({ body }: AwsCall) => {
      const message: string = JSON.parse(body).MessageBody;
      for (let more = dice.between(1, 4); more > 0; more--) {
        copies += 1;
        stage.inject();
        if (dice.happens(0.5)) late.push(message);
        else sending.push(world.controller.sendRaw('ios', message));
      }
      return undefined;
    };
    // Given up often, so that old copies meet builds that wait again at a later attempt.
    const habits = { abandons: 0.2, leaves: 0.2 };
    const attacks = [
      { operations: ['SendMessage'], share: 1, fault: copy },
      { share: 0.2, fault: { slow: 20 } },
    ];
    // The volume is that of the copies. In rounds: what waits for more than two minutes is sent again, and copied again.
    while (copies < stage.volume) {
      stage.attack(...attacks);
      await runLoad(stage, { builds: Math.min(ROUND, stage.volume), pollers: 8, cancels: 0.03, habits });
      await Promise.all(sending.splice(0));
      for (const message of late.splice(0)) await world.controller.sendRaw('ios', message);
      stage.attack();
      await eatStale(stage);
      const { waiting, hidden } = await world.controller.depth('ios');
      stage.promise(`stale copies are deleted at first sight (${waiting + hidden} are left)`, waiting + hidden === 0);
    }
  },
};

/** A round must not outlast the two minutes after which the sweep sends again. */
const ROUND = 200;

/** Fifty stale messages a poll, in two seconds at most: so many polls as it takes, and some. */
async function eatStale({ client, world }: Stage): Promise<void> {
  const worker = await client.register(['ios']);
  for (let { waiting } = await world.controller.depth('ios'); worker && waiting > 0; ) {
    const job = await client.poll(worker);
    if (job) await client.insist(() => client.say('fail', worker, job));
    const { waiting: left } = await world.controller.depth('ios');
    if (left >= waiting) return;
    waiting = left;
  }
}

const sendFails: Row = {
  ...faulty('send-fails', 'SQS send fails after the put', 2_000, 25, [
    { operations: ['SendMessage'], share: 0.8, fault: 'dropBefore' },
  ]),
  async act(stage) {
    await usualLoad(stage);
    await sweep(stage);
  },
};

/** The SDK gives up, the controller cannot commit: what it received must show itself again without any sweep. */
const commitFails: Row = {
  name: 'commit-fails',
  fault: 'assignment received and never committed',
  volume: 2_000,
  few: 10,
  isFaulty: true,
  async act(stage) {
    const { client, dice } = stage;
    const faults = ['dropBefore', throttle, conflict] as const;
    for (let left = stage.volume; left > 0; left -= 50) {
      stage.attack();
      const count = Math.min(50, left);
      await times(count, () => client.submit());
      const workers = (await times(count, () => client.register())).flatMap((worker) => worker ?? []);
      const fault = dice.pick(faults) ?? 'dropBefore';
      stage.attack({ operations: ['TransactWriteItems'], share: 1, fault });
      const refused = (await Promise.all(workers.map((worker) => client.poll(worker)))).every((job) => !job);
      stage.promise('nothing is granted without a commit', refused);
      stage.attack();
      advance(LONGEST_HIDDEN_MS);
      let back = 0;
      await inLanes(workers.length, async () => {
        const worker = workers.pop();
        const job = worker && (await client.poll(worker));
        if (!job) return;
        back += 1;
        await client.insist(() => client.say('fail', worker, job));
      });
      stage.promise(`messages come back by themselves (${back} of ${count})`, back === count);
    }
  },
};

const headMissing: Row = {
  ...faulty('head-missing', 'S3 HEAD missing at commit', 2_000, 12, [
    { engine: 's3', operations: ['HeadObject'], share: 0.3, fault: notThere },
  ]),
  /** The volume is that of the HEADs that missed. Most are of results: some more, until one was of a source. */
  async act(stage) {
    const { client, volume } = stage;
    await usualLoad(stage);
    const builds = Math.ceil(volume / 4);
    const isEnough = () => stage.injected() >= volume && (client.open() > 0 || stage.injected() >= 4 * volume);
    while (!isEnough()) await runLoad(stage, { builds, pollers: 8, cancels: 0.03 });
    stage.promise('submits are among those that missed', client.open() > 0);
    stage.note(`${client.open()} submits were refused, as their bytes seemed not to be there`);
  },
};

export const NETWORK_ROWS: readonly Row[] = [
  quiet(2),
  quiet(8),
  quiet(40),
  ...LOST_ROWS,
  hang,
  throttled,
  conflicts,
  commitFails,
  duplicates,
  sendFails,
  headMissing,
];
