import type { Build } from '../../../lib/domain/build.ts';
import { decide } from '../../../lib/domain/transitions.ts';
import { isSightingDue, type Worker } from '../../../lib/domain/worker.ts';
import type { Pace } from '../../../lib/app/spread-polls.ts';
import { aBuild, aWorker } from '../../support/builders.ts';
import { createAgenda } from './agenda.ts';
import { arrivals, busyness } from './arrivals.ts';
import { dice, exponential, logNormal } from './dice.ts';

export interface Load {
  readonly workers: number;
  readonly buildsPerDay: number;
  /** ms since Monday at midnight. What happens before `countFrom` only warms up. */
  readonly from: number;
  readonly countFrom: number;
  readonly until: number;
  readonly seed: number;
}

export interface Service {
  /** Medians: of a poll from the worker's request to its answer, by what it finds, and of a build. */
  readonly emptyPollMs: number;
  readonly grantPollMs: number;
  readonly buildMs: number;
}

export interface Outcome {
  readonly polls: number;
  readonly sightings: number;
  readonly submits: number;
  readonly grants: number;
  /** From the submit to the grant, in order of size. */
  readonly pickups: Float64Array;
  /** The most builds at work at once. */
  readonly mostAtWork: number;
  readonly waiting: number;
}

const MAX_ATTEMPTS = 3;
const LEASE_MS = 85_000;
const DAY = 86_400_000;

/**
 * Workers that poll, take, build and come back, by events: each poll that finds a message is an assignment by `decide`, each
 * pause is the one that the controller would answer: `lets workers pause as the use case would tell them to` holds that against
 * `assignBuild` over the in-memory stores. Table and queue are never late here; what their calls take is in the poll's time.
 */
export function simulate(pace: Pace, load: Load, service: Service): Outcome {
  const random = dice(load.seed);
  const submits = arrivals(random, load.buildsPerDay, load.from, load.until);
  const fleet = createFleet(load, service, random);
  const waiting: Build[] = [];
  const pickups: number[] = [];
  const counts = { polls: 0, sightings: 0, submits: 0, grants: 0 };
  const isCounted = (now: number) => (now >= load.countFrom ? 1 : 0);
  let submitted = 0;
  let taken = 0;
  for (;;) {
    const submitAt = submits[submitted] ?? Number.POSITIVE_INFINITY;
    const now = Math.min(submitAt, fleet.agenda.nextAt());
    if (now >= load.until) break;
    if (submitAt === now) {
      waiting.push(aBuild('pending', { id: `build-${submitted++}`, submittedAt: now, queuedAt: now }));
      counts.submits += isCounted(now);
      continue;
    }
    const index = fleet.agenda.take();
    const worker = fleet.finish(index, now);
    counts.polls += isCounted(now);
    const build = waiting[taken];
    const answeredAt = now + logNormal(random, build ? service.grantPollMs : service.emptyPollMs);
    if (build) {
      taken += 1;
      assign(build, worker, answeredAt);
      counts.grants += isCounted(now);
      if (build.submittedAt >= load.countFrom) pickups.push(answeredAt - build.submittedAt);
      fleet.begin(index, answeredAt, logNormal(random, service.buildMs));
      continue;
    }
    if (isSightingDue(worker, now)) {
      counts.sightings += isCounted(now);
      fleet.see(index, now);
    }
    fleet.agenda.add(answeredAt + pace(worker, now, random()), index);
  }
  const sorted = Float64Array.from(pickups).sort();
  return { ...counts, pickups: sorted, mostAtWork: fleet.mostAtWork(), waiting: waiting.length - taken };
}

function assign(build: Build, worker: Worker, now: number): void {
  const holder = { workerId: worker.id, workerName: worker.name, assignmentId: build.id };
  const command = {
    type: 'assign',
    holder,
    attempt: 0,
    maxAttempts: MAX_ATTEMPTS,
    platform: build.platform,
    labels: [],
    leaseMs: LEASE_MS,
  } as const;
  const decision = decide(build, command, now);
  if (!decision.ok) throw new Error(`a waiting build was refused: ${decision.why}`);
}

/** Those that would be at work are so at the beginning; the others poll at a time of their own. */
function createFleet({ workers, buildsPerDay, from }: Load, { buildMs, emptyPollMs }: Service, random: () => number) {
  const agenda = createAgenda(workers + 1);
  const submitsPerMs = (buildsPerDay * busyness(from)) / DAY;
  const typical = Math.min(workers, Math.round(submitsPerMs * buildMs));
  // Each of the free ones was freed by one build in so many.
  const meanQuietMs = (workers - typical) / submitsPerMs;
  const fleet = Array.from({ length: workers }, (_, index) =>
    aWorker({
      id: `worker-${index}`,
      registeredAt: from - DAY,
      lastSeenAt: from - DAY,
      releasedAt: from - Math.min(DAY, exponential(random, meanQuietMs)),
    }),
  );
  const state = { atWork: 0, mostAtWork: 0 };
  const begin = (index: number, now: number, ms: number) => {
    const worker = fleet[index];
    if (worker) fleet[index] = { ...worker, current: { buildId: String(index), attempt: 1 }, lastSeenAt: now };
    state.atWork += 1;
    state.mostAtWork = Math.max(state.mostAtWork, state.atWork);
    agenda.add(now + ms, index);
  };
  for (let index = 0; index < workers; index++) {
    if (index < typical) begin(index, from, random() * buildMs);
    else agenda.add(from + random() * 30_000 + emptyPollMs, index);
  }
  return {
    agenda,
    begin,
    mostAtWork: () => state.mostAtWork,
    /** The worker as it polls: one that built has just ended. */
    finish(index: number, now: number): Worker {
      const worker = fleet[index];
      if (!worker) throw new Error(`no worker ${index}`);
      if (!worker.current) return worker;
      const { current: _ended, ...rest } = worker;
      state.atWork -= 1;
      const free: Worker = { ...rest, releasedAt: now, lastOutcome: 'completed' };
      fleet[index] = free;
      return free;
    },
    see(index: number, now: number): void {
      const worker = fleet[index];
      if (worker) fleet[index] = { ...worker, lastSeenAt: now };
    },
  };
}

/** The value that this share of a sorted list is below. */
export const quantile = (sorted: Float64Array, share: number): number =>
  sorted.length === 0
    ? Number.NaN
    : (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);
