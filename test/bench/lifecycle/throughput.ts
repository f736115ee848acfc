import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClosers } from '../../../infra/local/closers.ts';
import { atOnce } from '../../support/at-once.ts';
import { type EnginesApart, startEnginesApart } from '../engines/engines-apart.ts';
import { processCpuMs, treeCpuMs } from '../report/process-cpu.ts';
import { type Spread, spreadOf } from '../report/statistics.ts';
import { ask, type BenchWorker, digestOf, poll, put } from './client.ts';
import { openStage, type Stage } from './stage.ts';

/** Whole builds a second, with the processor's time of each, in ms. */
export interface Throughput {
  readonly lanes: number;
  readonly requests: number;
  readonly rounds: number;
  /** In a round, of each way. */
  readonly builds: number;
  /** `npm start` as it is. */
  readonly whole: { readonly perSecond: Spread; readonly databaseCpuMs: Spread; readonly controllerCpuMs: Spread };
  /** With queues and files in a process of their own too, so that what is ours is alone in the controller's. */
  readonly apart: {
    readonly perSecond: Spread;
    readonly databaseCpuMs: Spread;
    readonly queuesAndFilesCpuMs: Spread;
    readonly controllerCpuMs: Spread;
  };
  readonly clientCpuMs: Spread;
}

const LANES = 8;
const FILE_BYTES = 16 * 1024;
const LOG = Array.from({ length: 10 }, (_, index) => ({
  level: 'info',
  message: `line ${index} of the build's output`,
}));

export async function measureThroughput(rounds: number, builds: number): Promise<Throughput> {
  const closers = createClosers();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'buildlatch-apart-'));
    closers.add(() => rm(folder, { recursive: true, force: true }));
    const engines = await startEnginesApart(join(folder, 'engines'));
    closers.add(() => engines.stop());
    const whole = await openStage();
    closers.add(() => whole.close());
    const apart = await openStage(settingsOf(engines));
    closers.add(() => apart.close());
    const found = { whole: [] as Round[], apart: [] as (Round & { enginesMs: number; databaseMs: number })[] };
    const lanes = { whole: await openLanes(whole), apart: await openLanes(apart) };
    await runRound(whole, lanes.whole, LANES);
    await runRound(apart, lanes.apart, LANES);
    for (let round = 0; round < rounds; round++) {
      found.whole.push(await runRound(whole, lanes.whole, builds));
      const before = { tree: treeCpuMs(engines.pid), own: processCpuMs(engines.pid) };
      const own = await runRound(apart, lanes.apart, builds);
      const tree = treeCpuMs(engines.pid) - before.tree;
      const enginesMs = processCpuMs(engines.pid) - before.own;
      found.apart.push({ ...own, enginesMs: enginesMs / builds, databaseMs: (tree - enginesMs) / builds });
    }
    const spread = <T>(all: readonly T[], figure: (each: T) => number) => spreadOf(all.map(figure));
    return {
      lanes: LANES,
      requests: REQUESTS,
      rounds,
      builds,
      whole: {
        perSecond: spread(found.whole, ({ perSecond }) => perSecond),
        databaseCpuMs: spread(found.whole, ({ childrenMs }) => childrenMs),
        controllerCpuMs: spread(found.whole, ({ controllerMs }) => controllerMs),
      },
      apart: {
        perSecond: spread(found.apart, ({ perSecond }) => perSecond),
        databaseCpuMs: spread(found.apart, ({ databaseMs }) => databaseMs),
        queuesAndFilesCpuMs: spread(found.apart, ({ enginesMs }) => enginesMs),
        controllerCpuMs: spread(found.apart, ({ controllerMs }) => controllerMs),
      },
      clientCpuMs: spread([...found.whole, ...found.apart], ({ clientMs }) => clientMs),
    };
  } finally {
    await closers.closeAll();
  }
}

/** Of a controller that has these engines and none of its own. */
const settingsOf = ({ endpoints, credentials, region, s3PublicUrl }: EnginesApart) => ({
  DYNAMODB_ENDPOINT: endpoints.dynamodb,
  SQS_ENDPOINT: endpoints.sqs,
  S3_ENDPOINT: endpoints.s3,
  S3_PUBLIC_ENDPOINT: s3PublicUrl,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});

const openLanes = ({ controller: { http } }: Stage): Promise<BenchWorker[]> =>
  atOnce(LANES, (index) => http.register(`lane ${index}`));

interface Round {
  readonly perSecond: number;
  /** Of one build, in ms. */
  readonly controllerMs: number;
  readonly childrenMs: number;
  readonly clientMs: number;
}

async function runRound({ controller }: Stage, workers: readonly BenchWorker[], builds: number): Promise<Round> {
  const { pid, http } = controller;
  const before = { tree: treeCpuMs(pid), own: processCpuMs(pid), client: process.cpuUsage() };
  const startedAt = performance.now();
  let left = builds;
  await Promise.all(
    workers.map(async (worker) => {
      while (left-- > 0) await oneBuild(http, worker);
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before.client);
  const controllerMs = processCpuMs(pid) - before.own;
  const childrenMs = treeCpuMs(pid) - before.tree - controllerMs;
  return {
    perSecond: builds / seconds,
    controllerMs: controllerMs / builds,
    childrenMs: childrenMs / builds,
    clientMs: (user + system) / 1000 / builds,
  };
}

const REQUESTS = 11;

/** A lane submits one build and builds whichever it is given: each lane's own, or another's. */
async function oneBuild(http: Stage['controller']['http'], worker: BenchWorker): Promise<void> {
  const as = http.as(worker);
  const [source, result] = [new Uint8Array(randomBytes(FILE_BYTES)), new Uint8Array(randomBytes(FILE_BYTES))];
  const ticket = await ask(http, 'POST', '/api/uploads', http.key, digestOf(source));
  await put(ticket, source);
  await ask(http, 'POST', '/api/builds', http.key, { platform: 'ios', upload_id: ticket.upload_id });
  let { job } = await poll(http, worker);
  while (!job) ({ job } = await poll(http, worker));
  await download(http.url + job.source_url, as);
  await ask(http, 'POST', `/api/builds/${job.id}/heartbeat`, as, { attempt: 1 });
  await ask(http, 'POST', `/api/builds/${job.id}/logs`, as, { attempt: 1, logs: LOG });
  const place = await ask(http, 'POST', `/api/builds/${job.id}/uploads`, as, digestOf(result));
  await put(place, result);
  const report = { build_id: job.id, attempt: 1, success: true, upload_id: place.upload_id };
  await ask(http, 'POST', '/api/workers/result', as, report);
  await download(`${http.url}/api/builds/${job.id}/download`, http.key);
}

async function download(url: string, headers: Record<string, string>): Promise<void> {
  const response = await fetch(url, { headers });
  const { byteLength } = await response.arrayBuffer();
  if (byteLength !== FILE_BYTES) throw new Error(`a download answered ${response.status} with ${byteLength} bytes`);
}
