import type { AppEvent } from '../../lib/app/ports.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import { brokenAtRest, drain, nothingAcknowledged } from './at-rest.ts';
import { clientsOf } from './clients.ts';
import { aMember, type CrewMember, crewOf, type Job } from './crew.ts';
import { ALL_LABELS, SOME_LABELS } from './wishes.ts';
import type { Settings } from './settings.ts';
import type { Stall } from './stalls.ts';
import { CallFailed, Conflict, type Controller, createWorld, type Op } from './world.ts';

/** What goes wrong in one operation, and at which of its moments. */
interface Fault {
  readonly moment: number;
  readonly how: 'die' | 'lose' | 'throttle' | 'conflict';
}

export interface Request {
  readonly fault: Fault | undefined;
  readonly skewMs: number;
  readonly stalls: readonly Stall[];
}

/** Awaited at each moment of each operation: who resolves it says who goes on. */
export type Turn = (label: string, moment: number, request: Request) => Promise<void>;

export type Simulation = Awaited<ReturnType<ReturnType<typeof createSimulation>['started']>>;

/**
 * Clients, workers and controllers that run into one another. Each operation runs in the background and waits at each of
 * its moments for `turn`, so that what comes between two of its steps is up to who gives the turns.
 */
export function createSimulation(settings: Settings, turn: Turn) {
  const world = createWorld(settings);
  const acknowledged = nothingAcknowledged();
  const members = [
    aMember('mac', { labels: ALL_LABELS }),
    aMember('mini', { labels: SOME_LABELS }),
    aMember('old', { saysAttempt: false, platforms: ['ios'] }),
  ];
  /** Names of those who wait for an answer: old programs ask nothing else meanwhile. */
  const busy = new Set<string>();
  const story: string[] = [];
  const without: WithoutMessage = { looks: 0, grants: 0 };

  const mayAct = ({ isPaused, saysAttempt, name }: CrewMember) => !isPaused && (saysAttempt || !busy.has(name));

  /** Begins an operation, and does not wait for it. */
  function begin(name: string, request: Request, act: (to: Controller) => Promise<unknown>): void {
    const step = stepOf(name, request);
    const { look, report } = lookWithoutMessage(without);
    const to = world.controller({
      skewMs: request.skewMs,
      step: async (op) => {
        look(op);
        await step(op);
      },
    });
    act({ ...to, report: (event: AppEvent) => report(event, to.report) }).then(
      () => story.push(`${name}: done`),
      (error: unknown) => {
        story.push(`${name}: ${String(error)}`);
        if (!(error instanceof Rejection) && !(error instanceof CallFailed)) world.ghost.unexpected(name, error);
      },
    );
  }

  function stepOf(name: string, request: Request) {
    const { fault } = request;
    let moment = 0;
    return async ({ call, when }: Op) => {
      moment += 1;
      await turn(`${name}: ${when} ${call}`, moment, request);
      if (moment !== fault?.moment) return;
      story.push(`${name}: ${fault.how} ${when} ${call}`);
      await strike(fault.how, call, when);
    };
  }

  const [crew, clients] = [crewOf(world), clientsOf(world, acknowledged)];
  const simulation = {
    world,
    acknowledged,
    members,
    story,
    without,
    begin,
    crew,
    clients,
    /** One of those that can act now (and have a job to act on), if there is one. */
    member: (who: number, needsJob = false): CrewMember | undefined => {
      const able = members.filter((member) => mayAct(member) && (member.jobs.length > 0 || !needsJob));
      return able[who % Math.max(1, able.length)];
    },
    /** The same, for as long as the worker waits for the answer. */
    beginFor: (member: CrewMember, name: string, request: Request, act: (to: Controller) => Promise<unknown>) => {
      busy.add(member.name);
      begin(`${member.name} ${name}`, request, (to) => act(to).finally(() => busy.delete(member.name)));
      // Who is answered by silence gives up waiting.
      if (request.fault?.how === 'die') busy.delete(member.name);
    },
    /** A job the member was ever given: the old programs only know their last. */
    job: ({ jobs, saysAttempt }: CrewMember, which: number): Job | undefined =>
      saysAttempt ? jobs.at(-1 - (which % Math.max(1, jobs.length))) : jobs.at(-1),
    build: (which: number): string | undefined => {
      const { created } = world.ghost;
      return created.at(which % Math.max(1, created.length));
    },
    /** The faults are over and nothing runs any more. Answers what is broken. */
    settle: async () => brokenAtRest(world, acknowledged, await drain(world, members)),
  };
  /** Every worker has registered, and the first ones have a build at work; from here on things may go wrong. */
  const started = async (atWork: number) => {
    const to = world.controller();
    for (const member of members) await crew.register(to, member);
    for (const member of members.slice(0, atWork)) {
      await clients.submit(to, `build of ${member.name}`);
      const job = await crew.poll(to, member);
      if (job) await crew.heartbeat(to, member, job);
    }
    return simulation;
  };
  return { ...simulation, started };
}

/** Polls that looked for a build without its message, and what they were granted by it. */
interface WithoutMessage {
  looks: number;
  grants: number;
}

/** A grant after such a look, with no message received since, is of a build that was found by it. */
function lookWithoutMessage(seen: WithoutMessage) {
  let hasLooked = false;
  return {
    look: ({ call, when }: Op) => {
      if (call === 'waiting.some' && when === 'before') seen.looks += 1;
      if (call === 'waiting.some' && when === 'after') hasLooked = true;
      if (call === 'queue.receive') hasLooked = false;
    },
    report: (event: AppEvent, onwards: (event: AppEvent) => undefined) => {
      if (event.event === 'build_assigned' && hasLooked) seen.grants += 1;
      return onwards(event);
    },
  };
}

async function strike(how: Fault['how'], call: string, when: Op['when']): Promise<void> {
  if (how === 'die') await new Promise<never>(() => {});
  const mayConflict = when === 'before' && call.startsWith('builds.') && call !== 'builds.get';
  if (how === 'conflict' && mayConflict) throw new Conflict(call);
  throw new CallFailed(`${how} ${when} ${call}`);
}
