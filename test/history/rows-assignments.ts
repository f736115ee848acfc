import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { toBuildItem } from '../../lib/adapters/dynamo/build-item.ts';
import { renderHint } from '../../lib/adapters/sqs/hint.ts';
import { assignBuild } from '../../lib/app/assign-build.ts';
import { registerWorker } from '../../lib/app/register-worker.ts';
import { type Build, isTerminal } from '../../lib/domain/build.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { aBuild, hintOf } from '../support/builders.ts';
import { depsOnEngines } from '../support/deps-on-engines.ts';
import { sendAll } from '../support/send-all.ts';
import { OTP_MS, QUARANTINE } from '../support/settings.ts';
import { times } from './crew.ts';
import type { Row, Stage } from './rows.ts';
import { LEASE_MS, MAX_ATTEMPTS } from './world.ts';

const POLLERS = 40;
const BATCH = 2_000;

/**
 * Past HTTP, by the use case itself on the real engines: 100,000 polls that find a build would take too long otherwise. Who
 * was granted a build lets go of it by a cancel, which says nothing bad of the worker.
 */
export const assignments: Row = {
  name: 'assignments',
  fault: 'none, 40 pollers, duplicate hints, by the use case',
  volume: 100_000,
  few: 1_000,
  isFaulty: false,
  async act(stage) {
    const { dynamo: dynamodb, sqs, stack } = stage.world.controller;
    const deps = depsOnEngines({ dynamodb, sqs }, stack, MAX_ATTEMPTS);
    let seconds = 0;
    for (let done = 0; done < stage.volume; done += BATCH) {
      await stage.world.empty();
      const ids = await submitAll(stage, Math.min(BATCH, stage.volume - done));
      const startedAt = performance.now();
      const grants = await pollUntilAllGranted(deps, ids);
      seconds += (performance.now() - startedAt) / 1000;
      const granted = new Set(grants);
      stage.operate(grants.length);
      stage.promise(`no build is granted twice (${grants.length - granted.size} were)`, grants.length === granted.size);
      const records = await stage.world.controller.items();
      const ended = new Set(records.filter((item) => item.sk === 'BUILD' && isOnce(item)).map(({ id }) => id));
      const lost = ids.filter((id) => !granted.has(id) || !ended.has(id));
      stage.promise(`no build is lost (${lost.length} are)`, lost.length === 0);
    }
    await stage.world.empty();
    stage.note(`${Math.round(stage.volume / seconds)} assigns/s, each with its cancel`);
  },
};

const isOnce = ({ state, attempt }: Build) => isTerminal(state) && attempt === 1;

type Deps = ReturnType<typeof depsOnEngines>;

/** Records first, then one to three messages of each, its copies close by, so that pollers meet at the build. */
async function submitAll({ world, dice, inject }: Stage, count: number): Promise<string[]> {
  const { dynamo, sqs, stack } = world.controller;
  const builds = Array.from({ length: count }, () => newBuild(secrets.id()));
  for (let at = 0; at < count; at += 25) {
    const some = builds.slice(at, at + 25).map((build) => ({
      PutRequest: { Item: marshall(toBuildItem(build), { removeUndefinedValues: true }) },
    }));
    await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [stack.table]: some } }));
  }
  const hints = builds.flatMap((build, index) =>
    Array.from({ length: dice.between(1, 3) }, () => ({
      place: index + dice.between(0, 30),
      body: renderHint(hintOf(build)),
    })),
  );
  inject(hints.length - count);
  hints.sort((a, b) => a.place - b.place);
  await sendAll(
    sqs,
    stack.queueUrls.ios,
    hints.map(({ body }) => body),
  );
  return builds.map(({ id }) => id);
}

function newBuild(id: string): Build {
  const now = Date.now();
  return aBuild('pending', { id, submittedAt: now, queuedAt: now });
}

/** So many polls as builds and copies need at most: a build that is never granted must not keep the run from its end. */
const POLLS_PER_BUILD = 5;

async function pollUntilAllGranted(deps: Deps, ids: readonly string[]): Promise<string[]> {
  const grants: string[] = [];
  let polls = 0;
  await times(POLLERS, async (index) => {
    const { worker } = await registerWorker(deps, { name: `sim ${index}`, platforms: ['ios'] });
    while (grants.length < ids.length && polls < ids.length * POLLS_PER_BUILD) {
      polls += 1;
      const build = await pollOnce(deps, worker.id);
      if (build !== undefined) grants.push(build);
    }
  });
  return grants;
}

async function pollOnce(deps: Deps, workerId: string): Promise<string | undefined> {
  const worker = await deps.workers.get(workerId);
  if (!worker) throw new Error(`worker ${workerId} is not there`);
  const leases = { firstLeaseMs: LEASE_MS, leaseMs: LEASE_MS, maxAttempts: MAX_ATTEMPTS };
  const settings = { ...leases, otpMs: OTP_MS, quarantine: QUARANTINE };
  const { assignment } = await assignBuild(deps, worker, worker.token.hash, settings);
  if (!assignment) return undefined;
  const { buildId, attempt } = assignment;
  const holder = { workerId, workerName: worker.name, assignmentId: '-' };
  await deps.builds.cancel({ ...newBuild(buildId), state: 'assigned', attempt, holder }, Date.now());
  return buildId;
}
