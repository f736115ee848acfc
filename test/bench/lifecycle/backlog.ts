import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { createAwsClients } from '../../../infra/local/aws-clients.ts';
import { renderHint } from '../../../lib/adapters/sqs/hint.ts';
import { atOnce } from '../../support/at-once.ts';
import { startEnginesApart } from '../engines/engines-apart.ts';
import { treeCpuMs } from '../report/process-cpu.ts';
import { fail, poll, submitMany } from './client.ts';
import { importBacklog } from './records.ts';
import { onStage, openStage, type Stage } from './stage.ts';

export interface Backlog {
  readonly builds: number;
  readonly workers: number;
  readonly submitsPerSecond: number;
  /** Grants a second of each tenth of the backlog, in the order in which it was given out; each with the end of its build. */
  readonly tenths: readonly number[];
  /** Of controller and database for a grant, in ms, by tenth: what else the machine does hardly shows in it. */
  readonly cpuMs: readonly number[];
  /** The last tenth against the first. */
  readonly ratio: number;
}

const WORKERS = 8;
const SUBMITTERS = 16;
const TENTHS = 10;

/** So many builds wait before the first worker comes. */
export async function measureBacklog(builds: number): Promise<Backlog> {
  const submitsPerSecond = await onStage(({ controller: { http } }) =>
    submitMany(http, Math.ceil(builds / 20), SUBMITTERS),
  );
  return onStage(
    (stage) => giveOut(stage, builds, submitsPerSecond),
    openStage({}, (dataDir) => putBacklog(dataDir, builds)),
  );
}

/** As so many submits leave it, records and messages, but in seconds. */
async function putBacklog(dataDir: string, builds: number): Promise<void> {
  const hints = await importBacklog(dataDir, builds, Date.now());
  const { endpoints, region, credentials, resources, stop } = await startEnginesApart(dataDir);
  const clients = createAwsClients(endpoints, region, credentials);
  try {
    for (let at = 0; at < hints.length; at += 10) {
      const Entries = hints
        .slice(at, at + 10)
        .map((hint, index) => ({ Id: String(index), MessageBody: renderHint(hint) }));
      await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: resources.queueUrls.ios, Entries }));
    }
  } finally {
    clients.close();
    await stop();
  }
}

async function giveOut({ controller }: Stage, builds: number, submitsPerSecond: number): Promise<Backlog> {
  const { http, pid } = controller;
  const workers = await atOnce(WORKERS, (index) => http.register(`worker ${index}`));
  const size = builds / TENTHS;
  const startedAt = performance.now();
  const at: number[] = [];
  const cpuAt = [treeCpuMs(pid)];
  await Promise.all(
    workers.map(async (worker) => {
      while (at.length < builds) {
        const { job } = await poll(http, worker);
        if (!job) continue;
        at.push(performance.now() - startedAt);
        if (at.length % size === 0) cpuAt.push(treeCpuMs(pid));
        await fail(http, worker, job.id);
      }
    }),
  );
  const tenths = Array.from({ length: TENTHS }, (_, tenth) => {
    const [from, to] = [tenth === 0 ? 0 : (at[tenth * size - 1] ?? 0), at[(tenth + 1) * size - 1] ?? 0];
    return (1000 * size) / (to - from);
  });
  const cpuMs = tenths.map((_, tenth) => ((cpuAt[tenth + 1] ?? 0) - (cpuAt[tenth] ?? 0)) / size);
  const ratio = (tenths.at(-1) ?? 0) / (tenths[0] ?? 1);
  return { builds, workers: WORKERS, submitsPerSecond, tenths, cpuMs, ratio };
}
