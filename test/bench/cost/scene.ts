import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FUNCTIONS } from '../../../infra/functions.ts';
import { logPauseMs } from '../../../lib/client/agent/build-log.ts';
import { followPauseMs } from '../../../lib/client/cli/follow-logs.ts';
import { scheduledEvent } from '../../../infra/local/schedule-timer.ts';
import { startStack } from '../../../infra/local/stack.ts';
import { type HeldClock, holdClock } from './held-clock.ts';
import { type Meter, type Step, startMeter } from './meter.ts';
import type { BuildPace } from './settings.ts';

type Steps = Record<string, Step>;

export interface Scene {
  /** A whole build on the controller's own clock, from the request for an address to the download of the result. */
  build(settings: BuildPace): Promise<Steps>;
  /** An hour of a worker that finds nothing, at a fixed pace. */
  idleHour(pollSeconds: number): Promise<Steps>;
  /** What the schedule starts in a minute in which nothing is due. */
  restMinute(): Promise<Steps>;
  close(): Promise<void>;
}

/** What is deployed: one machine has more to do for itself. */
const SCHEDULED = FUNCTIONS.filter(({ trigger }) => trigger.kind === 'schedule').map(({ file }) => file);

const API_KEY = 'a-key-for-counting-and-for-nothing-else';

/** The whole controller on the embedded engines, with a meter. Requests come one after the other: the counts are exact. */
export async function openScene(): Promise<Scene> {
  const dataDir = await mkdtemp(join(tmpdir(), 'buildlatch-cost-'));
  const meter = startMeter();
  const stack = await startStack({ dataDir, apiKey: API_KEY, hasTimers: false, load: meter.load });
  // From here on: the door to the files goes by the true time, as the addresses that it checks are signed by it.
  const clock = holdClock();
  const say = speaker(stack.url, meter);
  return {
    build: async (settings) => {
      await runBuild({ url: stack.url, say, meter, clock }, settings);
      return meter.take();
    },
    idleHour: async (pollSeconds) => {
      const worker = await register(say);
      // Past the time in which it is taken to be seen.
      meter.take();
      for (let second = 0; second < 3600; second += pollSeconds) {
        clock.advance(pollSeconds);
        const { job } = await say('poll that finds nothing', 'GET', '/api/workers/poll', worker.headers);
        if (job !== null) throw new Error('a worker that should find nothing was given a build');
      }
      return meter.take();
    },
    restMinute: async () => {
      const runSchedule = async () => {
        for (const file of SCHEDULED) await stack.invoke(file, scheduledEvent(file, Date.now()));
      };
      // The first of a day does more.
      await runSchedule();
      meter.take();
      clock.advance(60);
      await meter.during('sweep', runSchedule);
      return meter.take();
    },
    close: async () => {
      clock.release();
      await stack.close();
      meter.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a refusal stops the bench, and the tests hold every answer against its description
type Json = any;
type Say = (
  step: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  json?: object,
) => Promise<Json>;

/** One request, counted as what the front door and S3 count it as. */
function speaker(url: string, meter: Meter): Say {
  return (step, method, path, headers, json) =>
    meter.during(step, async () => {
      const body = json && JSON.stringify(json);
      const type: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
      const response = await fetch(url + path, {
        method,
        headers: { ...type, ...headers },
        ...(body && { body }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      meter.add('requests', 1);
      meter.add('bytesIn', Buffer.byteLength(body ?? ''));
      meter.add('bytesOut', Buffer.byteLength(text));
      return JSON.parse(text);
    });
}

/** A file too large for a function: on AWS the answer is a link to S3, here the gateway follows it for the client. */
async function download(meter: Meter, what: string, address: string, headers: Record<string, string>): Promise<void> {
  await meter.during(`link to the ${what}`, async () => {
    const response = await fetch(address, { headers });
    const { byteLength } = await response.arrayBuffer();
    if (byteLength !== FILE_BYTES) throw new Error(`the ${what} came as ${response.status} with ${byteLength} bytes`);
    meter.add('requests', 1);
  });
  await meter.during(`download of the ${what}`, async () => meter.add('gets', 1));
}

interface Worker {
  readonly headers: Record<string, string>;
}

async function register(say: Say): Promise<Worker> {
  const json = { name: 'mac mini', capabilities: { platforms: ['ios'] } };
  const { access_token } = await say('registration', 'POST', '/api/workers/register', KEY, json);
  return { headers: { 'x-worker-token': access_token } };
}

const KEY = { 'x-api-key': API_KEY };

interface Stage {
  readonly url: string;
  readonly say: Say;
  readonly meter: Meter;
  readonly clock: HeldClock;
}

async function runBuild(stage: Stage, settings: BuildPace): Promise<void> {
  const { url, say, meter, clock } = stage;
  const worker = await register(say);
  // The worker has found nothing for a while, as most have that are given a build.
  clock.advance(600);
  await say('poll that finds nothing', 'GET', '/api/workers/poll', worker.headers);
  clock.advance(30);
  meter.take();

  const source = fileOf('source');
  const begun = await say('address for the source', 'POST', '/api/uploads', KEY, source.digest);
  await upload(meter, 'source', begun, source.bytes);
  const wanted = { platform: 'ios', upload_id: begun.upload_id };
  const { id } = await say('submit', 'POST', '/api/builds', KEY, wanted);
  const { job } = await say('poll that is given a build', 'GET', '/api/workers/poll', worker.headers);
  if (job?.id !== id) throw new Error('the worker was not given the build');
  await download(meter, 'source', url + job.source_url, worker.headers);

  await work(stage, worker, id, settings);

  const result = fileOf('result');
  const place = await say('address for the result', 'POST', `/api/builds/${id}/uploads`, worker.headers, result.digest);
  await upload(meter, 'result', place, result.bytes);
  const report = { build_id: id, attempt: 1, success: true, upload_id: place.upload_id };
  await say('completion', 'POST', '/api/workers/result', worker.headers, report);
  await download(meter, 'result', `${url}/api/builds/${id}/download`, KEY);
}

/** Everything between the source and the result, each thing at its own pace. */
async function work({ say, clock }: Stage, worker: Worker, id: string, settings: BuildPace): Promise<void> {
  const { headers } = worker;
  // What has been written since the last batch.
  const logsOf = (batches: number) => {
    const text = 'x'.repeat(Math.max(1, Math.floor((settings.logBytes * batches) / LINES) - LINE_OVERHEAD));
    return Array.from({ length: LINES }, () => ({ level: 'info', message: text }));
  };
  const snapshot = { type: 'cpu_snapshot', data: { cpu_percent: 150, memory_mb: 2048 } };
  let query = '';
  const { slowsDown = false } = settings;
  const paced: Paced[] = [
    {
      every: settings.heartbeatSeconds,
      act: () => say('heartbeat', 'POST', path('heartbeat'), headers, { attempt: 1 }),
    },
    {
      every: settings.logSeconds,
      ...(slowsDown && { pauseMs: logPauseMs }),
      act: (batches) => say('log lines', 'POST', path('logs'), headers, { attempt: 1, logs: logsOf(batches) }),
    },
    {
      every: settings.telemetrySeconds,
      act: () => say('telemetry', 'POST', path('telemetry'), headers, snapshot),
    },
    { every: settings.statusSeconds, act: () => say('status', 'GET', path('status'), KEY) },
    {
      every: settings.followSeconds,
      ...(slowsDown && { pauseMs: followPauseMs }),
      act: async () => {
        const page = await say('log, followed', 'GET', path(`logs${query}`), KEY);
        if (page.next_cursor) query = `?cursor=${encodeURIComponent(page.next_cursor)}`;
      },
    },
  ];
  function path(what: string) {
    return `/api/builds/${id}/${what}`;
  }
  await say('first heartbeat', 'POST', path('heartbeat'), headers, { attempt: 1 });
  const inUse = paced.filter(({ every }) => every > 0);
  const step = Math.min(1, ...inUse.map(({ every }) => every));
  // In the middle of each interval, so that none lies on a border of the controller's own intervals.
  const times = inUse.map(({ every }) => ({ last: 0, next: Math.max(step, Math.floor(every / 2)) }));
  for (let second = step; second <= settings.minutes * 60; second += step) {
    clock.advance(step);
    for (const [index, { every, pauseMs, act }] of inUse.entries()) {
      const time = times[index];
      if (!time || second < time.next) continue;
      await act(Math.max(1, (second - time.last) / every));
      times[index] = { last: second, next: second + Math.max(every, (pauseMs?.(second * 1000) ?? 0) / 1000) };
    }
  }
}

interface Paced {
  /** Seconds; 0: never. */
  readonly every: number;
  /** At least so long after each, by how long the build has gone on. */
  readonly pauseMs?: (ageMs: number) => number;
  /** `batches`: for how many of the intervals this one is. */
  act(batches: number): Promise<unknown>;
}

/** A batch's lines, and what a line takes beside its text. */
const LINES = 10;
const LINE_OVERHEAD = 40;

/** Just too large to come through a function. */
const FILE_BYTES = 4 * 1024 ** 2 + 1;

function fileOf(what: string) {
  const bytes = new Uint8Array(FILE_BYTES).fill(what.length);
  return { bytes, digest: { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } };
}

async function upload(
  meter: Meter,
  what: string,
  { url, headers }: Json,
  body: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await meter.during(`upload of the ${what}`, async () => {
    const response = await fetch(url, { method: 'PUT', headers, body });
    if (!response.ok) throw new Error(`S3 answered ${response.status} to the ${what}`);
    meter.add('puts', 1);
  });
}
