import { atOnce } from '../../support/at-once.ts';
import { quantileOf } from '../report/statistics.ts';
import { ask, fail, poll, submitMany } from './client.ts';
import { onStage, type Stage } from './stage.ts';

export interface Contention {
  readonly pollers: number;
  readonly builds: number;
  /** With the end of each build, which frees its worker. Absent for one build. */
  readonly grantsPerSecond?: number;
  /** Polls that were told that there is nothing. */
  readonly empty: number;
  readonly polls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const POLLERS = 40;
const SUBMITTERS = 16;

export const measureContention = (rounds: number, builds: number): Promise<Contention[]> =>
  onStage(async (stage) => [await overOne(stage, rounds), await overMany(stage, builds)]);

/** All poll in the same moment, and one of them must get it: round after round. */
async function overOne({ controller: { http } }: Stage, rounds: number): Promise<Contention> {
  const workers = await atOnce(POLLERS, (index) => http.register(`poller ${index}`));
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await submitMany(http, 1, 1);
    const answers = await Promise.all(workers.map((worker) => poll(http, worker)));
    const jobs = answers.filter(({ job }) => job);
    if (jobs.length !== 1) throw new Error(`${jobs.length} of ${POLLERS} were given the one build`);
    all.push(...answers.map(({ ms }) => ms));
    await ask(http, 'POST', `/api/builds/${jobs[0]?.job.id}/cancel`, http.key);
  }
  return summary(1, all, rounds);
}

/** All poll until everything is given out, each free again as soon as it can be. */
async function overMany({ controller: { http } }: Stage, builds: number): Promise<Contention> {
  const workers = await atOnce(POLLERS, (index) => http.register(`poller ${index}`));
  await submitMany(http, builds, SUBMITTERS);
  const all: number[] = [];
  const seen = new Set<string>();
  const startedAt = performance.now();
  await Promise.all(
    workers.map(async (worker) => {
      while (seen.size < builds) {
        const { job, ms } = await poll(http, worker);
        all.push(ms);
        if (!job) continue;
        if (seen.has(job.id)) throw new Error(`${job.id} was granted twice`);
        seen.add(job.id);
        await fail(http, worker, job.id);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return { ...summary(builds, all, seen.size), grantsPerSecond: builds / seconds };
}

const summary = (builds: number, all: readonly number[], grants: number): Contention => ({
  pollers: POLLERS,
  builds,
  empty: all.length - grants,
  polls: all.length,
  p50Ms: quantileOf(all, 0.5),
  p99Ms: quantileOf(all, 0.99),
});
