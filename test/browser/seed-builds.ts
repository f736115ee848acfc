import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { toBuildItem } from '../../lib/adapters/dynamo/build-item.ts';
import type { Build } from '../../lib/domain/build.ts';
import { aBuild } from '../support/builders.ts';
import type { Scene } from './scene.ts';

const MINUTE = 60_000;
/** BatchWriteItem: at most 25. */
const BATCH = 25;

/** Builds of some weeks, the newest at `now`, one each ten minutes or so: most good, some slow, one worker worse than the others. */
export async function seedBuilds({ dynamo, stack }: Scene, count: number, now: number): Promise<void> {
  const items = Array.from({ length: count }, (_, back) => itemOf(pastBuild(back, now)));
  for (let at = 0; at < count; at += BATCH) {
    const some = items.slice(at, at + BATCH).map((item) => ({ PutRequest: { Item: item } }));
    const { UnprocessedItems = {} } = await dynamo.send(
      new BatchWriteItemCommand({ RequestItems: { [stack.table]: some } }),
    );
    if (Object.keys(UnprocessedItems).length > 0) throw new Error('the engine took only a part');
  }
}

/** @param back how many are newer */
function pastBuild(back: number, now: number): Build {
  const worker = back % 7;
  // By multiplications whose rests spread well: the same builds in each run.
  const chance = (back * 7919) % 100;
  const submittedAt = now - Math.floor(back * 9.7 * MINUTE) - (chance % 10) * MINUTE;
  const startedAt = submittedAt + (chance > 92 ? 240_000 + back * 3 : 2_000 + chance * 300);
  const finishedAt = startedAt + (4 + (chance % 11)) * MINUTE;
  const state = chance < (worker === 3 ? 30 : 7) ? 'failed' : chance > 96 ? 'cancelled' : 'completed';
  return aBuild(state, {
    id: `seeded-${String(back).padStart(6, '0')}`,
    platform: worker > 4 ? 'android' : 'ios',
    submittedAt,
    queuedAt: submittedAt,
    startedAt,
    finishedAt,
    holder: { workerId: `seeded-worker-${worker}`, workerName: `mini-${worker + 1}`, assignmentId: `a-${back}` },
    ...(back % 5 === 0 && { labels: ['team=red'] }),
    ...(state === 'failed' && {
      failure: { kind: 'build', message: `xcodebuild ended with exit code 65 in step ${back}` },
    }),
  });
}

function itemOf(build: Build) {
  const { holder, startedAt, finishedAt, failure, result } = build;
  const ended = { startedAt, finishedAt, failureKind: failure?.kind, failureMessage: failure?.message };
  const file = {
    resultKey: result?.key,
    resultSize: result?.size,
    resultSha256: result?.sha256,
    resultFilename: result?.filename,
  };
  return marshall({ ...toBuildItem(build), ...holder, ...ended, ...file }, { removeUndefinedValues: true });
}
