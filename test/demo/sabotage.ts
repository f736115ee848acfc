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
  const { history } = stage;
  const running = await history.until(
    () => history.workers.filter((event) => event.event === 'command_started')[BUILD_TO_HIT - 1],
  );
  const { build_id: buildId, worker: name, pid } = running;
  const victim = crew.find((member) => member.name === name);
  if (buildId === undefined || pid === undefined || !victim)
    throw new DemoFailure('a command started without its build');
  await hasStarted(controller, buildId);
  const isOver = () =>
    history.workers.some(
      (event) => event.build_id === buildId && event.event !== 'command_started' && event.at > running.at,
    );
  if (isOver()) throw new DemoFailure(`build ${buildId} was over before ${name} could be killed`);
  victim.child.signal('SIGKILL');
  signalGroup(pid, 'SIGKILL');
  const killedAt = Date.now();
  await victim.child.ended;
  stage.say(`*** ${name} killed in the middle of build ${buildId}, with everything it ran ***`);
  stage.say('    its lease now runs out; 10 s after that, for clocks that differ, the build is handed on');
  return { name, buildId, killedAt };
}

/** The log, as anybody sees it, says that the attempt has begun. */
async function hasStarted({ url, apiKey }: Controller, buildId: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/api/builds/${buildId}/logs`, { headers: { 'X-API-Key': apiKey } });
    if ((await response.text()).includes('started attempt')) return;
  }
}
