import { createAwsClients } from '../../../infra/local/aws-clients.ts';
import { renderHint } from '../../../lib/adapters/sqs/hint.ts';
import { atOnce } from '../../support/at-once.ts';
import { sendAll } from '../../support/send-all.ts';
import { startEnginesApart } from '../engines/engines-apart.ts';
import { treeCpuMs } from '../report/process-cpu.ts';
import { median } from '../report/statistics.ts';
import { fail, poll, submitMany } from './client.ts';
import { importBacklog } from './records.ts';
import { onStage, openStage, type Stage } from './stage.ts';

export interface Backlog {
  readonly builds: number;
  readonly workers: number;
  readonly submitsPerSecond: number;
  /** Builds given out before the first tenth begins, so that no tenth pays for code that is not compiled yet. */
  readonly warmUp: number;
  /** Grants a second of each tenth of the backlog, in the order in which it was given out; each with the end of its build. */
  readonly tenths: readonly number[];
  /** Of controller and database for a grant, in ms, by tenth: what else the machine does hardly shows in it. */
  readonly cpuMs: readonly number[];
  /** The last tenth against the first, of each round. */
  readonly ratios: readonly number[];
  /** Their median. */
  readonly ratio: number;
}

type Round = Pick<Backlog, 'tenths' | 'cpuMs'>;

const WORKERS = 8;
const SUBMITTERS = 16;
const TENTHS = 10;

/** So many builds wait before the first worker comes, in a new controller each round. */
export async function measureBacklog(builds: number, rounds: number): Promise<Backlog> {
  const submitsPerSecond = await onStage(({ controller: { http } }) =>
    submitMany(http, Math.ceil(builds / 20), SUBMITTERS),
  );
  const warmUp = builds / TENTHS;
  const found: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const opened = openStage({}, (dataDir) => putBacklog(dataDir, warmUp + builds));
    found.push(await onStage((stage) => giveOut(stage, warmUp, builds), opened));
  }
  return { builds, workers: WORKERS, submitsPerSecond, warmUp, ...summaryOf(found) };
}

/** Tenth by tenth the median of the rounds; the ratio is taken in each round, before its median. */
export function summaryOf(
  rounds: readonly Round[],
): Omit<Backlog, 'builds' | 'workers' | 'submitsPerSecond' | 'warmUp'> {
  const medians = (figures: (round: Round) => readonly number[]) =>
    Array.from({ length: TENTHS }, (_, tenth) => median(rounds.map((round) => figures(round)[tenth] ?? Number.NaN)));
  const ratios = rounds.map(({ tenths }) => (tenths.at(-1) ?? Number.NaN) / (tenths[0] ?? Number.NaN));
  return {
    tenths: medians(({ tenths }) => tenths),
    cpuMs: medians(({ cpuMs }) => cpuMs),
    ratios,
    ratio: median(ratios),
  };
}

/** The records and messages that so many submits leave, in seconds. */
async function putBacklog(dataDir: string, builds: number): Promise<void> {
  const hints = await importBacklog(dataDir, builds, Date.now());
  const { endpoints, region, credentials, resources, stop } = await startEnginesApart(dataDir);
  const clients = createAwsClients(endpoints, region, credentials);
  try {
    await sendAll(clients.sqs, resources.queueUrls.ios, hints.map(renderHint));
  } finally {
    clients.close();
    await stop();
  }
}

async function giveOut({ controller }: Stage, warmUp: number, builds: number): Promise<Round> {
  const { http, pid } = controller;
  const workers = await atOnce(WORKERS, (index) => http.register(`worker ${index}`));
  const size = builds / TENTHS;
  let given = 0;
  const at: number[] = [];
  const cpuAt: number[] = [];
  await Promise.all(
    workers.map(async (worker) => {
      while (given < warmUp + builds) {
        const { job } = await poll(http, worker);
        if (!job) continue;
        given += 1;
        if (given >= warmUp && (given - warmUp) % size === 0) {
          at.push(performance.now());
          cpuAt.push(treeCpuMs(pid));
        }
        await fail(http, worker, job.id);
      }
    }),
  );
  const perGrant = (readings: readonly number[]) =>
    readings.slice(1).map((reading, tenth) => (reading - (readings[tenth] ?? Number.NaN)) / size);
  return { tenths: perGrant(at).map((ms) => 1000 / ms), cpuMs: perGrant(cpuAt) };
}
