import { cancelled, dynamoError } from '../support/fault-errors.ts';
import { runLoad, times } from './crew.ts';
import type { Entry } from './history.ts';
import type { AwsCall } from './nemesis.ts';
import type { Row, Stage } from './rows.ts';
import { advance, whileClockStands } from './time-travel.ts';
import { LONGEST_HIDDEN_MS } from './world.ts';

/** Tries of one commit (`lib/adapters/dynamo/write.ts`). */
const TRIES = 3;
const MOST_POLLS = 20;

/** Writes meet others of the same item: no heartbeat is lost for it, and no commit is tried for ever. */
export const conflicts: Row = {
  name: 'conflicts',
  fault: 'TransactionConflict 20 %, TransactionInProgress 5 %',
  volume: 5_000,
  few: 40,
  isFaulty: true,
  async act(stage) {
    stage.attack(
      { operations: ['TransactWriteItems', 'UpdateItem'], share: 0.2, fault: conflict },
      { operations: ['TransactWriteItems'], share: 0.05, fault: () => dynamoError('TransactionInProgressException') },
    );
    await runLoad(stage, { builds: stage.volume, pollers: 8, cancels: 0.03 });
    await keepsHeartbeats(stage);
    await givesBackAfterTries(stage);
  },
};

export function conflict({ operation, body }: AwsCall) {
  if (operation === 'UpdateItem') return dynamoError('TransactionConflictException');
  const parts: unknown[] = JSON.parse(body).TransactItems;
  return cancelled(...parts.map((_, index) => (index === 0 ? 'TransactionConflict' : 'None')));
}

async function keepsHeartbeats(stage: Stage): Promise<void> {
  const entries = stage.entries();
  const cancels = Map.groupBy(
    entries.filter(({ op }) => op === 'cancel'),
    ({ build }) => build,
  );
  const isCancelled = ({ build, answeredAt }: Entry) =>
    cancels.get(build)?.some(({ invokedAt }) => invokedAt < answeredAt) ?? false;
  const beats = entries.filter(({ op }) => op === 'heartbeat');
  const lasts = [...Map.groupBy(beats, ({ build, attempt }) => `${build} ${attempt}`).values()].map((of) => of.at(-1));
  const lost = lasts.filter((beat) => beat && beat.outcome.kind !== 'ok' && !isCancelled(beat)).length;
  stage.promise(`no heartbeat of a live attempt is lost (${lost} of ${lasts.length} were)`, lost === 0);
  const events = (await stage.world.controller.items()).filter(({ sk }) => sk.startsWith('EVENT#'));
  const requeued = events.filter(({ type }) => type === 'requeued').length;
  stage.promise(`no lease is lost (${requeued} were)`, requeued === 0);
}

/** Polls whose commits all conflict: each tries so often, and gives its message back. */
async function givesBackAfterTries(stage: Stage): Promise<void> {
  const { client, world } = stage;
  stage.attack();
  const count = Math.min(MOST_POLLS, stage.volume);
  await times(count, () => client.submit());
  const workers = (await times(count, () => client.register())).flatMap((worker) => worker ?? []);
  const before = stage.injected();
  stage.attack({ operations: ['TransactWriteItems'], share: 1, fault: conflict });
  // A poll that is late looks for builds without messages too, and there a conflict does not end it.
  const jobs = await whileClockStands(() => Promise.all(workers.map((worker) => client.poll(worker))));
  const tries = stage.injected() - before;
  const { ChangeMessageVisibility: given = 0 } = world.nemesis.counts();
  stage.attack();
  stage.promise(
    'nothing is granted without a commit',
    jobs.every((job) => !job),
  );
  stage.promise(`${count} commits are tried ${TRIES} times each (${tries})`, tries === TRIES * count);
  stage.promise(`their messages are given back (${given} of ${count})`, given === count);
  advance(LONGEST_HIDDEN_MS);
}
