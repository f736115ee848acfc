import { marshall } from '@aws-sdk/util-dynamodb';
import type { Fault } from '../support/fault-proxy.ts';
import { runLoad, sweep, times } from './crew.ts';
import type { Dice } from './dice.ts';
import type { Attack, AwsCall } from './nemesis.ts';
import type { Row, Stage } from './rows.ts';
import { advance } from './time-travel.ts';
import { LEASE_MS } from './world.ts';

const ALL = ['m3', 'signing', 'xcode=26'];
const ASKS = [
  {},
  {},
  { priority: '1' },
  { priority: '10' },
  { labels: 'signing' },
  { labels: 'xcode=26' },
  { labels: 'signing,xcode=26' },
  { labels: 'm3', priority: '5' },
] as const;
const WORKERS = [[], ['signing'], ['xcode=26', 'm3'], ['signing', 'xcode=26'], ALL];

const ROUND = 100;

/** Builds that ask for labels, for priority, for both and for neither; workers of all kinds, some of whom die or sleep. */
export const labels: Row = {
  name: 'labels',
  fault: 'replies lost, index late, workers killed, among builds with labels and priorities',
  volume: 2_000,
  few: 30,
  isFaulty: true,
  labels: ALL,
  async act(stage) {
    await nobodyStarves(stage);
    const watch = watchSends();
    stage.attack(
      { ...watch.sends, fault: (call) => watch.seen(call) && lost(stage.dice) },
      {
        engine: 'dynamodb',
        operations: ['Query'],
        share: 0.3,
        fault: (call) => lateIndex(stage.dice, call, watch.past),
      },
      { engine: 'dynamodb', operations: ['TransactWriteItems', 'PutItem'], share: 0.05, fault: 'dropAfter' },
      { engine: 'sqs', operations: ['DeleteMessage', 'ChangeMessageVisibility'], share: 0.1, fault: 'dropBefore' },
    );
    for (let done = 0; done < stage.volume; done += ROUND) {
      const builds = Math.min(ROUND, stage.volume - done);
      const habits = { dies: 0.1, pauses: 0.05 };
      await runLoad(stage, { builds, pollers: 10, habits, cancels: 0.05, asks: ASKS, labels: WORKERS });
      advance(2 * LEASE_MS);
      await Promise.all([sweep(stage), sweep(stage)]);
      await watch.remember(stage);
    }
    const labelled = new Set((await buildsOf(stage)).filter((item) => item.labels).map(({ id }) => id));
    const sent = [...watch.sent].filter((id) => labelled.has(id));
    stage.promise(`no build with labels is ever sent (${sent.length} were)`, sent.length === 0);
    stage.promise('builds with labels were among them', labelled.size > 0);
    stage.note(`${labelled.size} builds with labels, ${sent.length} messages of theirs`);
  },
};

/**
 * As many builds of the highest priority come as can be built, minute after minute: by priority alone, plain ones would wait
 * for ever. Each point is worth ten minutes, so after a hundred it is their turn.
 */
const MOST_MINUTES = 105;
const mostPlain = (volume: number) => (volume < ROUND ? 1 : 3);

async function nobodyStarves(stage: Stage): Promise<void> {
  const { client } = stage;
  const count = mostPlain(stage.volume);
  const plain = new Set((await times(count, () => client.submit())).flatMap((id) => id ?? []));
  const worker = await client.register();
  if (!worker) throw new Error('nobody could register');
  let minutes = 0;
  for (; plain.size > 0 && minutes < MOST_MINUTES; minutes++) {
    await client.submit('ios', { priority: '10' });
    const job = await client.poll(worker);
    if (job) await client.cancel(job.build);
    plain.delete(job?.build ?? '');
    advance(60_000);
  }
  stage.promise(
    `${count} plain builds wait no longer than ${MOST_MINUTES} minutes (${plain.size} did)`,
    plain.size === 0,
  );
  stage.note(`${count} plain builds behind one urgent build a minute were all granted after ${minutes} minutes`);
}

const buildsOf = async ({ world }: Stage) => (await world.controller.items()).filter(({ sk }) => sk === 'BUILD');

/** Who was sent a message for; and builds as they were once, for an index that has not heard of what became of them. */
function watchSends() {
  const sent = new Set<string>();
  const past: Item[] = [];
  return {
    sent,
    past,
    sends: { engine: 'sqs', operations: ['SendMessage'], share: 1 } satisfies Partial<Attack>,
    seen: ({ body }: AwsCall): true => {
      const [, id] = /buildId[\\": ]+([A-Za-z0-9_-]{1,64})/.exec(body) ?? [];
      if (id !== undefined) sent.add(id);
      return true;
    },
    remember: async (stage: Stage) => {
      const asking = (await buildsOf(stage)).filter(({ rank }) => rank !== undefined);
      past.splice(0, past.length, ...asking.slice(0, 50));
    },
  };
}

type Item = Awaited<ReturnType<typeof buildsOf>>[number];

const lost = (dice: Dice): Fault | undefined => (dice.happens(0.05) ? 'dropAfter' : undefined);

/** It names what has long been assigned or has ended, or does not name what it should. */
function lateIndex(dice: Dice, { body }: AwsCall, past: readonly Item[]): Fault | undefined {
  const { IndexName, ExpressionAttributeValues: values } = JSON.parse(body);
  if (IndexName !== 'waiting') return undefined;
  const [platform, label = ''] = String(values[':partition'].S).split('#');
  const under = past.filter((build) => build.platform === platform && (build.labels?.[0] ?? '') === label);
  const named = dice.happens(0.5) ? under.slice(0, 5) : [];
  const Items = named.map(({ pk, sk, submittedAt, rank, labels: asked }) =>
    marshall(
      { pk, sk, attempt: 0, submittedAt, rank, sourceSize: 1, sourceSha256: '0'.repeat(64), labels: asked },
      { removeUndefinedValues: true },
    ),
  );
  const answer = { Items, Count: Items.length, ScannedCount: Items.length };
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(answer) };
}
