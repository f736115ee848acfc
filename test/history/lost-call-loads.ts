import { aBundle } from '../support/certs.ts';
import type { Operation } from './aws-operations.ts';
import { employ, type Load, runLoad, sweep, times } from './crew.ts';
import type { Upload } from './recorded-uploads.ts';
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

/** For operations that many requests make. */
const usual = work();

/** Most builds are cancelled while they wait: for what is done at the submit, and for messages that lead nowhere. */
const SUBMITTED = { cancels: 0.7 };

const deliverInParts: Round = (stage) => deliver(stage, true);

/** What no plain work needs, or so seldom that a load without everything else is much cheaper. */
const RARE: Partial<Record<Operation, Round>> = {
  BatchGetItem: readLists,
  Query: readStories,
  DeleteItem: leaveIdle,
  SendMessage: work(SUBMITTED),
  DeleteMessage: work(SUBMITTED),
  ChangeMessageVisibility: giveBack,
  PutObject: work({ ...SUBMITTED, way: 'form' }),
  HeadObject: (stage) => deliver(stage),
  GetObject: download,
  CopyObject: work({ ...SUBMITTED, way: 'stream' }),
  DeleteObject: endWithCerts,
  CreateMultipartUpload: deliverInParts,
  ListParts: deliverInParts,
  CompleteMultipartUpload: deliverInParts,
  AbortMultipartUpload: deliverInParts,
};

export const loadWith = (operation: Operation): Round => RARE[operation] ?? usual;
export const isRare = (operation: Operation): boolean => operation in RARE;

async function readLists(stage: Stage): Promise<void> {
  await stage.client.submit();
  await times(READS, () => read(stage, LIST));
}

const LIST = '/api/builds?limit=5';
const READS = 20;

/** What people look at of each build in the list. */
async function readEach(stage: Stage, parts: readonly string[]): Promise<void> {
  const builds = (await read(stage, LIST)) as { id: string }[] | undefined;
  const paths = builds?.flatMap(({ id }) => parts.map((part) => `/api/builds/${id}/${part}`)) ?? [];
  await times(paths.length && READS, (index) => read(stage, paths[index % paths.length] ?? ''));
}

async function readStories(stage: Stage): Promise<void> {
  await deliver(stage);
  await readEach(stage, ['events', 'logs']);
}

async function download(stage: Stage): Promise<void> {
  await deliver(stage);
  await readEach(stage, ['download']);
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
async function leaveIdle({ client }: Stage): Promise<void> {
  await times(WORKERS, async () => {
    const worker = await client.register();
    if (worker) await client.insist(() => client.unregister(worker));
  });
}

const WORKERS = 10;

/** One job, whose worker uploads several results and reports each: the first counts. In parts every second is given up. */
async function deliver(stage: Stage, isParted = false): Promise<void> {
  const { client } = stage;
  const held = await employ(stage);
  if (!held) return;
  const { worker, job } = held;
  await client.insist(() => client.say('heartbeat', worker, job));
  const isWhole = async (upload: Upload) =>
    !isParted || (await client.parts('join', worker, job, upload)).kind === 'ok';
  const sent: Upload[] = [];
  for (let count = 0; count < UPLOADS; count++) {
    const upload = await client.ticket(worker, job, isParted);
    if (!upload) continue;
    if (isParted && count % 2 === 1) await client.parts('giveUp', worker, job, upload);
    else if ((await client.put(upload)) === 200 && (await isWhole(upload))) sent.push(upload);
  }
  for (const upload of sent) await client.insist(() => client.complete(worker, job, upload));
}

const UPLOADS = 8;

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

/** Signing material of a build that has ended is deleted when it is looked at next: by then a quarter of an hour has passed. */
async function endWithCerts(stage: Stage): Promise<void> {
  const certs = new File([new Uint8Array(aBundle())], 'certs.zip');
  await work({ ...SUBMITTED, asks: [{ certs }] })(stage);
  for (let count = 0; count < SWEEPS; count++) await sweepLater(stage);
  stage.attack();
  // The first may end builds that it has looked at before.
  for (let count = 0; count < 2; count++) await sweepLater(stage);
  // The end of a build takes its key, and leaves the name of what the key was for.
  const items = await stage.world.controller.items();
  const wanted = items.flatMap(({ certsKey, certsSealedKey }) => (certsSealedKey ? certsKey : []));
  const left = (await stage.world.certs()).filter((key) => !wanted.includes(key)).length;
  stage.promise(`signing material that no build needs is deleted (${left} objects are left)`, left === 0);
}

async function sweepLater(stage: Stage): Promise<void> {
  advance(LONGEST_UNTIL_LOOK_MS);
  await sweep(stage);
}

const SWEEPS = 3;
const LONGEST_UNTIL_LOOK_MS = 16 * 60_000;
