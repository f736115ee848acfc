import { treeCpuMs } from '../report/process-cpu.ts';
import { ratiosOf, type Spread, spreadOf } from '../report/statistics.ts';
import { ask, type Http } from './client.ts';
import { idOf, importBuilds } from './records.ts';
import { openStage, type Stage } from './stage.ts';

export interface Sizes {
  /** How many builds are in the table. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** How many builds a list asks for. */
  readonly page: number;
  readonly requests: readonly {
    readonly what: string;
    /** In ms, by size; and against the smallest, round by round. */
    readonly ms: readonly Spread[];
    readonly ratios: readonly Spread[];
    /** Of controller and database for one request, in ms, over all rounds: what else the machine does hardly shows in it. */
    readonly cpuMs: readonly number[];
  }[];
  /** From the start of the process to the first answer to a list, in ms. */
  readonly restartMs: readonly Spread[];
  readonly restarts: number;
}

interface SizesSettings {
  readonly rounds: number;
  /** Of each request, of each table, in a round. */
  readonly calls: number;
  readonly restarts: number;
}

/** Any list has to be full in the smallest table too: of its ten builds six are of the platform, and eight in the state. */
const PAGE = 5;

export async function measureSizes(
  sizes: readonly number[],
  { rounds, calls, restarts }: SizesSettings,
): Promise<Sizes> {
  const now = Date.now();
  const stages: Stage[] = [];
  try {
    for (const size of sizes) stages.push(await openStage({}, (dataDir) => importBuilds(dataDir, size, now)));
    const requests: Sizes['requests'][number][] = [];
    for (const { what, path } of REQUESTS) {
      for (const { controller } of stages) await checkFull(controller.http, path(0));
      const { times, cpuMs } = await byTurns(stages, path, rounds, calls);
      const [smallest = []] = times;
      const ratios = times.map((own) => ratiosOf(own, smallest));
      requests.push({ what, ms: times.map(spreadOf), ratios, cpuMs });
    }
    return { sizes, rounds, page: PAGE, requests, restartMs: await restartAll(stages, restarts), restarts };
  } finally {
    for (const stage of stages) await stage.close();
  }
}

/** Of what any of the tables has: the first builds are in all of them. */
const REQUESTS = [
  { what: 'list, newest first', path: () => `/api/builds?limit=${PAGE}` },
  { what: 'list of one state', path: () => `/api/builds?status=completed&limit=${PAGE}` },
  { what: 'list of one platform', path: () => `/api/builds?platform=ios&limit=${PAGE}` },
  { what: 'a build', path: (call: number) => `/api/builds/${idOf(call % PAGE)}` },
  { what: 'its status', path: (call: number) => `/api/builds/${idOf(call % PAGE)}/status` },
] as const;

/** A shorter page is quicker, whatever the size of its table. */
async function checkFull(http: Http, path: string): Promise<void> {
  const { builds } = await ask(http, 'GET', path, http.key);
  if (builds !== undefined && builds.length !== PAGE) throw new Error(`${path} answered ${builds.length} builds`);
}

/** Round by round, of each table: what a request takes on average. */
async function byTurns(
  stages: readonly Stage[],
  path: (call: number) => string,
  rounds: number,
  calls: number,
): Promise<{ times: number[][]; cpuMs: number[] }> {
  const times = stages.map(() => [] as number[]);
  const cpuMs = stages.map(() => 0);
  for (let round = -1; round < rounds; round++) {
    for (const [index, { controller }] of stages.entries()) {
      const { http, pid } = controller;
      const cpuBefore = treeCpuMs(pid);
      const startedAt = performance.now();
      for (let call = 0; call < calls; call++) await ask(http, 'GET', path(call), http.key);
      if (round < 0) continue;
      times[index]?.push((performance.now() - startedAt) / calls);
      cpuMs[index] = (cpuMs[index] ?? 0) + (treeCpuMs(pid) - cpuBefore) / calls / rounds;
    }
  }
  return { times, cpuMs };
}

async function restartAll(stages: readonly Stage[], rounds: number): Promise<Spread[]> {
  const times = stages.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    for (const [index, stage] of stages.entries()) times[index]?.push(await stage.restart());
  }
  return times.map(spreadOf);
}
