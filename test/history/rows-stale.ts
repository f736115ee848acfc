import { marshall } from '@aws-sdk/util-dynamodb';
import { renderHint } from '../../lib/adapters/sqs/hint.ts';
import type { Fault } from '../support/fault-proxy.ts';
import { aBuild, hintOf } from '../support/builders.ts';
import { sendAll } from '../support/send-all.ts';
import { inLanes, times } from './crew.ts';
import type { AwsCall } from './nemesis.ts';
import type { Row, Stage } from './rows.ts';
import { whileClockStands } from './time-travel.ts';

const POLLERS = 4;
const ENDED = 5;
/** A poll that finds nothing takes fifty messages, one that finds a build ten: the wall outlasts the builds. */
const STALE_PER_BUILD = 75;
/** Each build has its poll, and some polls are told of late indexes or of nothing. */
const POLLS_PER_BUILD = 3;
const POLLS_TO_SPARE = 10;

/** Builds whose own messages never came, behind a wall of messages that lead nowhere: only an index can tell of them. */
export const staleWall: Row = {
  name: 'stale-wall',
  fault: 'stale messages in front of builds that wait, index late, replies of Query and BatchGetItem lost',
  volume: 10_000,
  few: 600,
  isFaulty: true,
  async act(stage) {
    const { client } = stage;
    const ended = (await times(ENDED, () => client.submit())).flatMap((id) => id ?? []);
    for (const id of ended) await client.cancel(id);
    await sendStale(stage, ended);
    stage.attack({ operations: ['SendMessage'], share: 1, fault: 'dropBefore' });
    const builds = Math.ceil(stage.volume / STALE_PER_BUILD);
    await inLanes(builds, () => client.submit());
    stage.attack(
      { operations: ['Query'], share: 0.4, fault: (call) => lateIndex(call, ended) },
      { operations: ['Query', 'BatchGetItem'], share: 0.2, fault: 'dropAfter' },
    );
    const mostPolls = POLLS_PER_BUILD * builds + POLLS_TO_SPARE;
    const { polls, grants } = await whileClockStands(() => pollUntil(stage, builds, mostPolls));
    stage.promise(`${builds} builds are granted within ${mostPolls} polls (${grants} were)`, grants === builds);
    stage.note(`${grants} grants without a message in ${polls} polls`);
  },
};

async function pollUntil({ client }: Stage, builds: number, mostPolls: number) {
  const seen = { polls: 0, grants: 0 };
  await times(POLLERS, async () => {
    const worker = await client.register();
    while (worker && seen.grants < builds && seen.polls < mostPolls) {
      seen.polls += 1;
      const job = await client.poll(worker);
      if (!job) continue;
      seen.grants += 1;
      // A failure at once would speak against the worker: after three it is given nothing.
      await client.cancel(job.build);
    }
  });
  return seen;
}

async function sendStale({ world, volume, inject, operate }: Stage, ended: readonly string[]): Promise<void> {
  const { sqs, stack } = world.controller;
  const bodies = ended.map((id) => renderHint(hintOf(aBuild('pending', { id }))));
  const wall = Array.from({ length: volume }, (_, index) => bodies[index % bodies.length] ?? '');
  await sendAll(sqs, stack.queueUrls.ios, wall);
  inject(volume);
  operate(volume);
}

/** The index `state` has not heard of the ends, nor of those that came since. */
function lateIndex({ body }: AwsCall, ended: readonly string[]): Fault | undefined {
  if (JSON.parse(body).IndexName !== 'state') return undefined;
  const Items = ended.map((id) => marshall({ pk: `BUILD#${id}`, sk: 'BUILD', submittedAt: 0 }));
  const answer = { Items, Count: Items.length, ScannedCount: Items.length };
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(answer) };
}
