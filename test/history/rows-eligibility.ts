import { ChangeMessageVisibilityBatchCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { TestWorker } from '../support/controller.ts';
import { runLoad, times } from './crew.ts';
import type { Attack, AwsCall } from './nemesis.ts';
import type { Row, Stage } from './rows.ts';
import { whileClockStands } from './time-travel.ts';

/** Counts receives from the queue; harms nobody. */
function watchReceives(queue: string) {
  const seen = { receives: 0 };
  const watch: Attack = {
    operations: ['ReceiveMessage'],
    share: 1,
    fault: ({ body }) => {
      if (body.includes(queue)) seen.receives += 1;
      return undefined;
    },
  };
  return { seen, watch };
}

const WAITING = 5;
/** One poll by somebody who may have nothing, in so many, comes beside workers at work. */
const BESIDE = 4;
const POLLS_PER_BUILD = 25;

/** Workers that may be given nothing. The volume is that of their polls. */
export const ineligible: Row = {
  name: 'ineligible',
  fault: 'ineligible workers poll (platform, busy, drained, quarantined, unregistered, revoked)',
  volume: 10_000,
  few: 100,
  isFaulty: false,
  async act(stage) {
    const { client } = stage;
    const { workers, release } = await refuseAll(stage);
    await times(WAITING, () => client.submit());
    const { seen, watch } = watchReceives('-ios');
    stage.attack(watch);
    const beside = Math.ceil(stage.volume / BESIDE);
    const alone = await whileClockStands(() => pollAll(stage, workers, stage.volume - beside));
    stage.promise(`0 receives for workers that may have nothing (${seen.receives})`, seen.receives === 0);
    const waiting = (await lookAt(stage)).map(receivesOf);
    stage.promise(
      `${WAITING} messages wait, and nobody has received one (${waiting.join()})`,
      waiting.length === WAITING && waiting.every((receives) => receives === 1),
    );
    const most = { receives: 0 };
    stage.world.nemesis.listen((call, answer) => noteReceives(most, call, answer));
    const load = { builds: Math.ceil(beside / POLLS_PER_BUILD), pollers: 2, habits: HEALTHY };
    const [given] = await Promise.all([pollAll(stage, workers, beside), runLoad(stage, load)]);
    await release();
    await runLoad(stage, { builds: 0, pollers: 2, habits: HEALTHY });
    stage.promise(`0 builds for workers that may have nothing (${alone + given})`, alone + given === 0);
    const isSeldom = most.receives > 0 && most.receives <= 2;
    stage.promise(`no message of a healthy build is received more than twice (${most.receives})`, isSeldom);
  },
};

const HEALTHY = { fails: 0, abandons: 0, leaves: 0, isCancelled: 0 };

/** One worker of each kind that may have nothing. The busy one can be released. */
async function refuseAll({ client, world: { controller } }: Stage) {
  const busy = await client.register();
  await client.submit();
  const job = busy && (await client.poll(busy));
  if (busy && job) await client.say('heartbeat', busy, job);
  const [drained, struck, unregistered, revoked] = await times(4, () => client.register());
  const wrong = await client.register(['android']);
  if (!busy || !job || !drained || !struck || !unregistered || !revoked || !wrong) throw new Error('nobody to refuse');
  const order = (what: string, { id }: TestWorker) =>
    controller.request('POST', `/api/workers/${id}/${what}`, { headers: controller.key, json: {} });
  const orders = [await order('drain', drained), await order('revoke', revoked)];
  if (orders.some(({ status }) => status !== 200)) throw new Error('a worker could not be refused');
  await client.unregister(unregistered);
  // For an hour: longer than any run.
  await controller.tamperWorker(struck.id, { strikes: 5, lastOutcome: 'lost', releasedAt: Date.now() });
  const release = () => client.insist(() => client.say('fail', busy, job));
  return { workers: [busy, drained, struck, unregistered, revoked, wrong], release };
}

async function pollAll(stage: Stage, workers: readonly TestWorker[], count: number): Promise<number> {
  let given = 0;
  for (let polls = 0; polls < count; polls += workers.length) {
    const jobs = await Promise.all(workers.map((worker) => stage.client.poll(worker)));
    given += jobs.filter(Boolean).length;
    stage.inject(workers.length);
  }
  return given;
}

/** Receives all that waits, past the functions, and gives it back to be had at once. */
async function lookAt({ world: { controller } }: Stage): Promise<Message[]> {
  const { sqs, stack } = controller;
  const QueueUrl = stack.queueUrls.ios;
  const found: Message[] = [];
  for (;;) {
    const how = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['ApproximateReceiveCount' as const] };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...how }));
    if (Messages.length === 0) break;
    found.push(...Messages);
  }
  const Entries = found.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
    VisibilityTimeout: 0,
  }));
  if (found.length > 0) await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  return found;
}

const receivesOf = ({ Attributes }: Pick<Message, 'Attributes'>) => Number(Attributes?.ApproximateReceiveCount);

function noteReceives(most: { receives: number }, { operation }: AwsCall, answer: string): void {
  if (operation !== 'ReceiveMessage') return;
  const { Messages = [] }: { Messages?: Message[] } = JSON.parse(answer);
  most.receives = Math.max(most.receives, ...Messages.map(receivesOf));
}
