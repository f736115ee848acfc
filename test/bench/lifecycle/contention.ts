import { atOnce } from '../../support/at-once.ts';
import { quantileOf, type Spread, spreadOf } from '../report/statistics.ts';
import { ask, type BenchWorker, fail, type Http, poll, submitMany } from './client.ts';
import { onStage } from './stage.ts';

export interface Contention {
  readonly pollers: number;
  readonly builds: number;
  readonly rounds: number;
  /** With the end of each build, which frees its worker. Absent for one build. */
  readonly grantsPerSecond?: Spread;
  /** Polls that were told that there is nothing, and all of them, of all rounds. */
  readonly empty: number;
  readonly polls: number;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

interface Round {
  readonly pollMs: readonly number[];
  readonly grants: number;
  readonly seconds: number;
}

const POLLERS = 40;
const SUBMITTERS = 16;

/** How often all poll over one build, in a round. */
const MOMENTS = 20;

export const measureContention = (rounds: number, builds: number): Promise<Contention[]> =>
  onStage(async ({ controller: { http } }) => {
    const workers = await atOnce(POLLERS, (index) => http.register(`poller ${index}`));
    const [one, many]: [Round[], Round[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      one.push(await overOne(http, workers));
      many.push(await overMany(http, workers, builds));
    }
    const grantsPerSecond = spreadOf(many.map(({ grants, seconds }) => grants / seconds));
    return [summary(1, one), { ...summary(builds, many), grantsPerSecond }];
  });

/** All poll in the same moment, and one of them must get it: again and again. */
async function overOne(http: Http, workers: readonly BenchWorker[]): Promise<Round> {
  const startedAt = performance.now();
  const pollMs: number[] = [];
  for (let moment = 0; moment < MOMENTS; moment++) {
    await submitMany(http, 1, 1);
    const answers = await Promise.all(workers.map((worker) => poll(http, worker)));
    const jobs = answers.filter(({ job }) => job);
    if (jobs.length !== 1) throw new Error(`${jobs.length} of ${POLLERS} were given the one build`);
    pollMs.push(...answers.map(({ ms }) => ms));
    await ask(http, 'POST', `/api/builds/${jobs[0]?.job.id}/cancel`, http.key);
  }
  return { pollMs, grants: MOMENTS, seconds: (performance.now() - startedAt) / 1000 };
}

/** All poll until everything is given out, each free again as soon as it can be. */
async function overMany(http: Http, workers: readonly BenchWorker[], builds: number): Promise<Round> {
  await submitMany(http, builds, SUBMITTERS);
  const pollMs: number[] = [];
  const seen = new Set<string>();
  const startedAt = performance.now();
  await Promise.all(
    workers.map(async (worker) => {
      while (seen.size < builds) {
        const { job, ms } = await poll(http, worker);
        pollMs.push(ms);
        if (!job) continue;
        if (seen.has(job.id)) throw new Error(`${job.id} was granted twice`);
        seen.add(job.id);
        await fail(http, worker, job.id);
      }
    }),
  );
  return { pollMs, grants: seen.size, seconds: (performance.now() - startedAt) / 1000 };
}

function summary(builds: number, rounds: readonly Round[]): Contention {
  const sum = (figure: (round: Round) => number) => rounds.reduce((all, round) => all + figure(round), 0);
  const quantile = (share: number) => spreadOf(rounds.map(({ pollMs }) => quantileOf(pollMs, share)));
  return {
    pollers: POLLERS,
    builds,
    rounds: rounds.length,
    empty: sum(({ pollMs, grants }) => pollMs.length - grants),
    polls: sum(({ pollMs }) => pollMs.length),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}
