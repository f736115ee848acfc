import { buryMessage } from '../../lib/app/bury-message.ts';
import { sweep } from '../../lib/app/sweep.ts';
import { resumeQueue } from '../../lib/app/pause-queue.ts';
import { type Build, isTerminal, PLATFORMS } from '../../lib/domain/build.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import { aMember, type CrewMember, crewOf } from './crew.ts';
import { ALL_LABELS } from './wishes.ts';
import { SWEEP_MS } from './settings.ts';
import type { Controller, World } from './world.ts';

/** What the controller has said yes to: from then on it is bound by it. */
export interface Acknowledged {
  /** By the request's own name: the builds that its repetitions were answered with. */
  readonly submits: Map<string, Set<string>>;
  readonly completed: Map<string, number>;
  readonly failed: Map<string, number>;
  readonly cancelled: Set<string>;
}

export const nothingAcknowledged = (): Acknowledged => ({
  submits: new Map(),
  completed: new Map(),
  failed: new Map(),
  cancelled: new Set(),
});

/** How often the remaining workers ask. */
const TICK_MS = 10_000;
const NO_DEADLINE = Number.MAX_SAFE_INTEGER;

export const runSweep = (to: Controller) => sweep(to, to, NO_DEADLINE);

/** One delivery of each dead letter; one that fails stays. */
export async function buryAll(to: Controller, { queue }: World): Promise<void> {
  for (const hint of [...queue.deadLetters]) {
    await buryMessage(to, hint);
    queue.deadLetters.splice(queue.deadLetters.indexOf(hint), 1);
  }
}

/**
 * The faults are over: sweeps run on time (the first a whole period from now), paused workers stay silent, the others
 * finish what they hold, and one healthy worker more is there. Answers the time until every build had ended, or
 * undefined if that took longer than it may.
 */
export async function drain(world: World, members: readonly CrewMember[]): Promise<number | undefined> {
  const { state, table, queue } = world;
  Object.assign(state, { indexLagMs: 0 });
  queue.faults.duplicates = 0;
  const to = world.controller();
  for (const platform of PLATFORMS) await resumeQueue(to, platform, 'root');
  const healthy = aMember('healthy', { labels: ALL_LABELS });
  const crew = crewOf(world);
  await crew.register(to, healthy);
  const limit = drainLimit(world);
  for (let elapsed = 0; ; elapsed += TICK_MS) {
    if (elapsed > 0 && elapsed % SWEEP_MS === 0) await runSweep(to);
    await buryAll(to, world);
    for (const member of [...members.filter(({ isPaused }) => !isPaused), healthy]) await work(world, to, member);
    if ([...table.records.values()].every(({ build }) => isTerminal(build.state))) return elapsed;
    if (elapsed >= limit) return undefined;
    state.now += TICK_MS;
  }
}

/** I9: 2 × lease, and a sweep. Only a build whose messages were all lost waits until its next one is due. */
function drainLimit({ settings, table, state }: World): number {
  const lease = Math.max(settings.firstLeaseMs, settings.leaseMs);
  const resends = [...table.records.values()].map(({ due }) => (due?.kind === 'pending' ? due.at - state.now : 0));
  return Math.max(2 * lease, ...resends) + SWEEP_MS;
}

/** More than any run has builds. */
const MAX_TURNS = 50;

/** Finishes the job it knows of, then takes others until there are none. */
async function work(world: World, to: Controller, member: CrewMember): Promise<void> {
  const crew = crewOf(world);
  for (let turn = 0; member.id && turn < MAX_TURNS; turn++) {
    const job = member.jobs.at(-1) ?? (await unlessRefused(() => crew.poll(to, member)));
    if (!job) return;
    await unlessRefused(() => crew.heartbeat(to, member, job));
    await unlessRefused(() => crew.deliver(to, member, job));
    member.jobs.length = 0;
  }
}

async function unlessRefused<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return undefined;
  }
}

/** Everything that must hold when all work is done. Answers what does not. */
export function brokenAtRest(world: World, acknowledged: Acknowledged, drainedAfterMs: number | undefined): string[] {
  const { ghost, table, queue } = world;
  const builds = [...table.records.values()].map(({ build }) => build);
  const broken = [...ghost.broken];
  const must = (holds: boolean, what: string) => {
    if (!holds) broken.push(what);
  };
  const unended = builds.filter(({ state }) => !isTerminal(state)).map(({ id, state }) => `${id} ${state}`);
  must(drainedAfterMs !== undefined, `I9 not drained in time: ${unended.join(', ')}`);
  for (const [name, ids] of acknowledged.submits) {
    must(ids.size === 1, `I5 request ${name} made ${ids.size} builds`);
    for (const id of ids) must(table.records.has(id), `I2 acknowledged build ${id} is lost`);
  }
  for (const build of builds) broken.push(...brokenEnd(world, build, acknowledged));
  for (const { id, current } of table.workers.values()) {
    must(!current || drainedAfterMs === undefined, `I4 worker ${id} still holds ${current?.buildId}`);
  }
  must(queue.deadLetters.length === 0, `I7 ${queue.deadLetters.length} dead letters unburied`);
  return broken;
}

function brokenEnd({ files }: World, build: Build, { completed, failed, cancelled }: Acknowledged): string[] {
  const { id, state, attempt, result, failure } = build;
  const broken: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) broken.push(`${what}: build ${id} is ${state}@${attempt}`);
  };
  if (completed.has(id))
    must(state === 'completed' && attempt === completed.get(id), 'I3 acknowledged completion undone');
  if (failed.has(id)) must(failure?.kind === 'build' && attempt === failed.get(id), 'I3 acknowledged failure undone');
  if (cancelled.has(id)) must(state === 'cancelled', 'I3 acknowledged cancellation undone');
  must((state === 'completed') === (result !== undefined), 'I6 a result without an end, or an end without a result');
  if (result) {
    const object = files.objects.get(`results/${result.key}`);
    const says = new TextDecoder().decode(object?.bytes ?? new Uint8Array());
    must(says.startsWith(`${id}@${attempt} `), `I6 serves “${says}”`);
  }
  return broken;
}
