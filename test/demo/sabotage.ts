import { signalGroup } from './children.ts';
import type { Controller } from './controller.ts';
import type { CrewMember } from './crew.ts';
import { DemoFailure, type Stage } from './stage.ts';

export interface Victim {
  readonly name: string;
  readonly buildId: string;
  readonly killedAt: number;
}

/** Not the first build, so that the others can be seen going on. */
const BUILD_TO_HIT = 3;

/** Kills a worker and its build command, without a word, while the command runs and the log has begun. */
export async function killOneWorker(
  stage: Stage,
  controller: Controller,
  crew: readonly CrewMember[],
): Promise<Victim> {
  for (let hit = BUILD_TO_HIT; ; hit++) {
    const running = await nthStart(stage, hit);
    await hasStarted(controller, running.buildId);
    // A build that was quicker than the look at its log is let go.
    if (isOver(stage, running)) continue;
    const victim = crew.find((member) => member.name === running.name);
    victim?.child.signal('SIGKILL');
    signalGroup(running.pid, 'SIGKILL');
    const killedAt = Date.now();
    await victim?.child.ended;
    if (!victim || isOver(stage, running)) throw new DemoFailure(`${running.name} was killed after its build was over`);
    stage.say(`*** ${running.name} killed in the middle of build ${running.buildId}, with everything it ran ***`);
    stage.say('    its lease now runs out; the next sweep hands the build on');
    return { name: running.name, buildId: running.buildId, killedAt };
  }
}

interface Running {
  readonly name: string;
  readonly buildId: string;
  readonly pid: number;
}

function nthStart({ history }: Stage, count: number): Promise<Running> {
  return history.until(() => {
    const started = history.workers.filter((event) => event.event === 'command_started')[count - 1];
    if (started?.build_id === undefined || started.pid === undefined) return undefined;
    return { name: started.worker, buildId: started.build_id, pid: started.pid };
  });
}

function isOver({ history }: Stage, { name, buildId }: Running): boolean {
  return history.workers.some(
    ({ event, worker, build_id }) => event === 'command_ended' && worker === name && build_id === buildId,
  );
}

/** The log, as anybody sees it, says that the attempt has begun. */
async function hasStarted({ url, apiKey }: Controller, buildId: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/api/builds/${buildId}/logs`, { headers: { 'X-API-Key': apiKey } });
    if ((await response.text()).includes('started attempt')) return;
  }
}
