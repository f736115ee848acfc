import { aBundle } from '../support/certs.ts';
import type { Operation } from './aws-operations.ts';
import { type Load, runLoad, sweep, times } from './crew.ts';
import type { Stage } from './rows.ts';
import { advance } from './time-travel.ts';

/** One round of work in which the functions make a call of the operation. */
type Round = (stage: Stage) => Promise<void>;

const MOST_BUILDS = 50;

/** What a round has to do with the row's volume: the few of a test run want few builds. */
const buildsOf = ({ volume }: Stage) => Math.min(MOST_BUILDS, volume);

const MOST_POLLERS = 8;

const work =
  (more: Partial<Load> = {}): Round =>
  (stage) => {
    const builds = buildsOf(stage);
    return runLoad(stage, { builds, pollers: Math.min(MOST_POLLERS, 1 + builds), cancels: 0.03, ...more });
  };

const usual: Round = async (stage) => {
  await work()(stage);
  await readBuilds(stage);
};

const inParts = work({ habits: { parts: 1 } });

/** By those that no plain work needs. */
const LOADS: Partial<Record<Operation, Round>> = {
  BatchGetItem: readLists,
  DeleteItem: leaveIdle,
  ChangeMessageVisibility: giveBack,
  CopyObject: work({ way: 'stream' }),
  PutObject: work({ way: 'form' }),
  DeleteObject: endWithCerts,
  CreateMultipartUpload: inParts,
  ListParts: inParts,
  CompleteMultipartUpload: inParts,
  AbortMultipartUpload: inParts,
};

export const loadWith = (operation: Operation): Round => LOADS[operation] ?? usual;

/** What people look at: the list, and of each build in it story, log and result. */
async function readBuilds(stage: Stage): Promise<void> {
  const builds = (await read(stage, '/api/builds?limit=50')) as { id: string }[] | undefined;
  const paths = builds?.map(({ id }) => `/api/builds/${id}`) ?? [];
  await Promise.all(
    paths.flatMap((path) => ['events', 'logs', 'download'].map((part) => read(stage, `${path}/${part}`))),
  );
}

async function readLists(stage: Stage): Promise<void> {
  await work()(stage);
  await times(buildsOf(stage), () => read(stage, '/api/builds?limit=50'));
}

/** Undefined: refused, or not answered. */
async function read({ world, operate, promise }: Stage, path: string): Promise<unknown> {
  const { request, key } = world.controller;
  const { status, headers, body } = await request('GET', path, { headers: key });
  operate(1);
  const isUnavailable = status === 503 && headers.has('retry-after');
  promise(`${path} answers, or says when to ask again (${status})`, status < 500 || isUnavailable);
  return status === 200 ? body : undefined;
}

/** Workers are only deleted when they leave idle. */
async function leaveIdle(stage: Stage): Promise<void> {
  const { client } = stage;
  await work()(stage);
  await times(buildsOf(stage), async () => {
    const worker = await client.register();
    if (worker) await client.insist(() => client.unregister(worker));
  });
}

/** The message that was received is given back when a build of higher priority has its turn before it. */
async function giveBack(stage: Stage): Promise<void> {
  const { client } = stage;
  const builds = buildsOf(stage);
  for (const asks of [{}, { priority: '10' }]) await times(builds, () => client.submit('ios', asks));
  advance(NOTHING_URGENT_MS);
  await work({ builds: 0 })(stage);
}

/** So long it is remembered that there is none of high priority. */
const NOTHING_URGENT_MS = 6_000;

/** A message that was given back is hidden for a minute at most, one that was not for half of it. */
export const LONGEST_HIDDEN_MS = 61_000;

/** Signing material of a build that has ended is deleted when it is looked at next: by then a quarter of an hour has passed. */
async function endWithCerts(stage: Stage): Promise<void> {
  const certs = new File([new Uint8Array(aBundle())], 'certs.zip');
  await work({ asks: [{ certs }], cancels: 0.5 })(stage);
  advance(LONGEST_UNTIL_LOOK_MS);
  await sweep(stage);
  stage.attack();
  await sweep(stage);
  const wanted = (await stage.world.controller.items()).flatMap(({ certsKey }) => certsKey ?? []);
  const left = (await stage.world.certs()).filter((key) => !wanted.includes(key)).length;
  stage.promise(`signing material that no build needs is deleted (${left} objects are left)`, left === 0);
}

const LONGEST_UNTIL_LOOK_MS = 16 * 60_000;
