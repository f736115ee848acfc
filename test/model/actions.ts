import fc from 'fast-check';
import { pauseQueue, resumeQueue } from '../../lib/app/pause-queue.ts';
import type { Hint } from '../../lib/app/ports.ts';
import { isTerminal, PLATFORMS, type Platform } from '../../lib/domain/build.ts';
import { buryAll, runSweep } from './at-rest.ts';
import type { CrewMember, Job } from './crew.ts';
import { MAX_SKEW_MS, SETTINGS } from './settings.ts';
import type { Request, Simulation } from './simulation.ts';
import { WISHES, wishesInWords } from './wishes.ts';
import type { Controller } from './world.ts';

/** A command of the model: begins one thing, if it makes sense now. */
export class Action {
  readonly name: string;
  readonly request: Request;
  private readonly act: (sim: Simulation, request: Request) => boolean;

  constructor(name: string, request: Request, act: (sim: Simulation, request: Request) => boolean) {
    this.name = name;
    this.request = request;
    this.act = act;
  }

  check(): boolean {
    return true;
  }

  async run(_model: object, sim: Simulation): Promise<void> {
    if (this.act(sim, this.request)) sim.world.state.now += 1;
  }

  toString(): string {
    const { fault, skewMs, stalls } = this.request;
    const parts = [
      this.name,
      ...(skewMs === 0 ? [] : [`with a clock ${skewMs} ms off`]),
      ...stalls.map(({ moment, commands }) => `(waits at moment ${moment} for ${commands} commands)`),
      ...(fault ? [`(${fault.how} at moment ${fault.moment})`] : []),
    ];
    return parts.join(' ');
  }
}

/** A counterexample is told with the plainest of each: first in the list, and what the others shrink to. */
const SHRINKS = { withCrossShrink: true } as const;

/** Most operations have few moments, some have many, and a poll behind stale messages has a hundred. */
const moment = fc.oneof(
  SHRINKS,
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 16 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 100 }) },
);
const fault = fc.record({
  moment,
  how: fc.constantFrom('lose', 'die', 'throttle', 'conflict'),
});
const stall = fc.record({ moment, commands: fc.integer({ min: 1, max: 12 }) });
/** `MAX_STALLS` stops in one operation make any order of the steps of two that overlap by so many. */
const MAX_STALLS = 3;
const request: fc.Arbitrary<Request> = fc.record({
  stalls: fc.oneof(
    SHRINKS,
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(stall, { minLength: 1, maxLength: MAX_STALLS }) },
  ),
  fault: fc.option(fault, { nil: undefined, freq: 5 }),
  skewMs: fc.oneof(
    SHRINKS,
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(-MAX_SKEW_MS, MAX_SKEW_MS) },
  ),
});
const NO_REQUEST: Request = { fault: undefined, skewMs: 0, stalls: [] };

const who = fc.nat(2);
/** Mostly the latest. */
const which = fc.oneof(SHRINKS, { weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) });

type OfMember = (sim: Simulation, member: CrewMember, request: Request) => void;
type OfJob = (sim: Simulation, member: CrewMember, job: Job, request: Request) => void;

const ofMember = (name: string, act: OfMember) =>
  fc.tuple(who, request).map(
    ([index, asked]) =>
      new Action(`${name} by ${index}`, asked, (sim, given) => {
        const member = sim.member(index);
        if (!member) return false;
        act(sim, member, given);
        return true;
      }),
  );

const ofJob = (name: string, act: OfJob) =>
  fc.tuple(who, which, request).map(
    ([index, jobIndex, asked]) =>
      new Action(`${name} by ${index} of job -${jobIndex}`, asked, (sim, given) => {
        const member = sim.member(index, true);
        const job = member && sim.job(member, jobIndex);
        if (!job) return false;
        act(sim, member, job, given);
        return true;
      }),
  );

/** An ending by the worker, noted once it is answered. */
const ending = (name: 'deliver' | 'complete' | 'fail') =>
  ofJob(name, (sim, member, job, given) =>
    sim.beginFor(member, name, given, async (to) => {
      await sim.crew[name](to, member, job);
      const acknowledged = sim.acknowledged[name === 'fail' ? 'failed' : 'completed'];
      acknowledged.set(job.buildId, job.attempt);
    }),
  );

const sign = (name: 'heartbeat' | 'log' | 'abandon') =>
  ofJob(name, (sim, member, job, given) =>
    sim.beginFor(member, name, given, async (to) => sim.crew[name](to, member, job)),
  );

const register = (activeBuilds: number | undefined) =>
  ofMember(activeBuilds === undefined ? 'register' : `register holding ${activeBuilds}`, (sim, member, given) =>
    sim.beginFor(member, 'register', given, (to) => sim.crew.register(to, member, activeBuilds)),
  );

const poll = ofMember('poll', (sim, member, given) =>
  sim.beginFor(member, 'poll', given, (to) => sim.crew.poll(to, member)),
);

const unregister = ofMember('unregister', (sim, member, given) =>
  sim.beginFor(member, 'unregister', given, (to) => sim.crew.unregister(to, member)),
);

/** Mostly one that asks for nothing. */
const wishes = fc.oneof(
  SHRINKS,
  { weight: 3, arbitrary: fc.constant(WISHES[0]) },
  { weight: 2, arbitrary: fc.constantFrom(...WISHES) },
);

/** Few requests, so that many are repetitions. */
const submit = fc.tuple(fc.nat(3), fc.constantFrom(...PLATFORMS), wishes, request).map(
  ([number, platform, asks, asked]) =>
    new Action(`submit ${platform} ${number}${wishesInWords(asks)}`, asked, (sim, given) => {
      const name = `${platform} ${number}${wishesInWords(asks)}`;
      sim.begin(`submit ${name}`, given, (to) => sim.clients.submit(to, name, platform, asks));
      return true;
    }),
);

const ofBuild = (name: 'cancel' | 'retry') =>
  fc.tuple(fc.nat(4), request).map(
    ([index, asked]) =>
      new Action(`${name} build ${index}`, asked, (sim, given) => {
        const id = sim.build(index);
        if (id === undefined) return false;
        const request = `${name} ${id} (${sim.story.length})`;
        sim.begin(request, given, (to) =>
          name === 'retry' ? sim.clients.retry(to, id, request) : sim.clients.cancel(to, id),
        );
        return true;
      }),
  );

const sweep = request.map(
  (asked) =>
    new Action('sweep', asked, (sim, given) => {
      sim.begin('sweep', given, runSweep);
      return true;
    }),
);

const ofQueue = (name: 'pause' | 'resume', act: (to: Controller, platform: Platform) => Promise<unknown>) =>
  fc.tuple(fc.constantFrom(...PLATFORMS), request).map(
    ([platform, asked]) =>
      new Action(`${name} ${platform}`, asked, (sim, given) => {
        sim.begin(`${name} ${platform}`, given, (to) => act(to, platform));
        return true;
      }),
  );
const pauseQueueOf = ofQueue('pause', (to, platform) => pauseQueue(to, platform, 'an update', 'root'));
const resumeQueueOf = ofQueue('resume', (to, platform) => resumeQueue(to, platform, 'root'));

/** A message is put aside as undeliverable, and the consumer of those hears of it. */
const bury = fc.tuple(fc.nat(4), request).map(
  ([index, asked]) =>
    new Action(`bury message ${index}`, asked, (sim, given) => {
      const { copies, deadLetters } = sim.world.queue;
      const [dead] = copies.splice(index % Math.max(1, copies.length), 1);
      if (dead) deadLetters.push(dead.hint);
      sim.begin('bury', given, (to) => buryAll(to, sim.world));
      return true;
    }),
);

const happens = <T>(arbitrary: fc.Arbitrary<T>, name: (value: T) => string, act: (sim: Simulation, value: T) => void) =>
  arbitrary.map(
    (value) =>
      new Action(name(value), NO_REQUEST, (sim) => {
        act(sim, value);
        return true;
      }),
  );

const wait = happens(
  fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: SETTINGS.leaseMs, max: 2 * SETTINGS.leaseMs })),
  (ms) => `wait ${ms} ms`,
  ({ world }, ms) => {
    world.state.now += ms;
  },
);

const pauseOrResume = happens(
  who,
  (index) => `pause or resume ${index}`,
  (sim, index) => {
    const member = sim.members[index];
    if (member) member.isPaused = !member.isPaused;
  },
);

const duplicate = happens(
  fc.integer({ min: 1, max: 3 }),
  (copies) => `deliver ${copies} twice`,
  ({ world }, copies) => {
    world.queue.faults.duplicates += copies;
  },
);

const loseMessage = happens(
  fc.nat(4),
  (index) => `lose message ${index}`,
  ({ world }, index) => {
    const { copies } = world.queue;
    copies.splice(index % Math.max(1, copies.length), 1);
  },
);

/** No build comes so far: a hint of such an attempt leads nowhere whatever happens. */
const NEVER_REACHED = 1_000;

/** In front of all others: copies of the messages of builds that have ended, or of an attempt that is not theirs. */
const dropStale = happens(
  fc.tuple(fc.constantFrom(...PLATFORMS), fc.integer({ min: 10, max: 30 })),
  ([platform, count]) => `${count} stale messages for ${platform}`,
  ({ world }, [platform, count]) => {
    const { state, table, queue } = world;
    const builds = [...table.records.values()].map(({ build }) => build).filter((one) => one.platform === platform);
    const hints = builds.map(({ id, state: is, attempt, submittedAt, source }) => ({
      buildId: id,
      attempt: isTerminal(is) ? attempt : attempt + NEVER_REACHED,
      platform,
      submittedAt,
      sourceSize: source?.size ?? 0,
      sourceSha256: source?.sha256 ?? '',
    }));
    const stale = Array.from({ length: hints.length > 0 ? count : 0 }, (_, index) => ({
      id: `stale-${state.drawn}-${index}`,
      hint: hints[index % hints.length] as Hint,
      sentAt: state.now,
      receives: 0,
      visibleAt: state.now,
      receipt: '',
    }));
    queue.copies.unshift(...stale);
  },
);

const lag = happens(
  fc.constantFrom(0, 5_000, 60_000),
  (ms) => `index lags ${ms} ms`,
  ({ world }, ms) => {
    world.state.indexLagMs = ms;
  },
);

const often = (weight: number, arbitrary: fc.Arbitrary<Action>) => ({ weight, arbitrary });

export const action: fc.Arbitrary<Action> = fc.oneof(
  often(12, poll),
  often(6, sweep),
  often(5, wait),
  often(8, sign('heartbeat')),
  often(5, submit),
  often(3, register(undefined)),
  often(2, ending('deliver')),
  often(1, sign('abandon')),
  often(1, ending('complete')),
  often(1, ending('fail')),
  often(1, ofBuild('cancel')),
  often(1, sign('log')),
  often(1, register(0)),
  often(1, unregister),
  often(1, ofBuild('retry')),
  often(1, pauseQueueOf),
  often(1, resumeQueueOf),
  often(1, bury),
  often(1, pauseOrResume),
  often(1, duplicate),
  often(1, loseMessage),
  often(1, lag),
  often(2, dropStale),
);
