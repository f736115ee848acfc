import type { ControllerEvent, History, WorkerEvent } from './history.ts';
import type { Victim } from './sabotage.ts';

export interface BuildEvidence {
  readonly id: string;
  /** In the order of their attempts. */
  readonly workers: readonly string[];
  readonly submittedAt: number;
  readonly assignedAt: readonly number[];
  readonly completedAt: number | undefined;
  /** Why it counts as built twice; undefined if it does not. */
  readonly builtTwice: string | undefined;
}

/** What both sides' events prove about one build. */
export function gatherEvidence(history: History, id: string, submittedAt: number, victim: Victim): BuildEvidence {
  const own = history.controller.filter((event) => event.buildId === id);
  const assigned = own.filter(({ event }) => event === 'build_assigned');
  const works = history.workers.filter((event) => event.build_id === id);
  return {
    id,
    workers: assigned.map(({ workerId }) => history.nameOf(workerId)),
    submittedAt,
    assignedAt: assigned.map(({ at }) => at),
    completedAt: own.find(({ event }) => event === 'build_completed')?.at,
    builtTwice: twoCompletions(own, works) ?? twoLiveGrants(own) ?? twoRunningCommands(works, victim),
  };
}

function twoCompletions(own: readonly ControllerEvent[], works: readonly WorkerEvent[]): string | undefined {
  const accepted = own.filter(({ event }) => event === 'build_completed').length;
  const reported = works.filter(({ event, success }) => event === 'build_reported' && success).length;
  return accepted > 1 || reported > 1 ? `${accepted} completions accepted, ${reported} reported` : undefined;
}

/** A grant ends with a requeue or the build's end; a second one before that would be live beside the first. */
function twoLiveGrants(own: readonly ControllerEvent[]): string | undefined {
  let live = 0;
  for (const { event } of own) {
    if (event === 'build_assigned') live += 1;
    if (event === 'build_requeued' || event === 'build_completed' || event === 'build_failed') live = 0;
    if (live > 1) return 'granted while another grant was live';
  }
  return undefined;
}

function twoRunningCommands(works: readonly WorkerEvent[], victim: Victim): string | undefined {
  const runs = works
    .filter(({ event }) => event === 'command_started')
    .map((start) => {
      const end = works.find(({ event, worker, attempt }) => {
        return event === 'command_ended' && worker === start.worker && attempt === start.attempt;
      });
      const killed = start.worker === victim.name && start.build_id === victim.buildId ? victim.killedAt : undefined;
      return { from: start.at, to: end?.at ?? killed ?? Number.POSITIVE_INFINITY };
    });
  const isOverlapping = runs.some((run, index) =>
    runs.some((other, at) => at > index && run.to > other.from && other.to > run.from),
  );
  return isOverlapping ? 'two commands ran at the same time' : undefined;
}
