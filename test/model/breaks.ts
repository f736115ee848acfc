import { Rejection } from '../../lib/domain/rejection.ts';
import { brokenAtRest, drain } from './at-rest.ts';
import { breakAt } from './faults.ts';
import { createScene, type Scenario } from './scenarios.ts';
import { CallFailed } from './world.ts';

/** What breaks at the moment, and what the client does then. */
const WAYS = [
  { how: 'die', client: 'repeats' },
  { how: 'die', client: 'is gone' },
  { how: 'lose', client: 'repeats' },
  { how: 'lose', client: 'is gone' },
] as const;
type Way = (typeof WAYS)[number];

/** A client waits some seconds before it asks again. */
const REPEAT_AFTER_MS = 5_000;

export interface Breaks {
  /** Moments that the operation has: before and after each of its awaits. */
  readonly moments: number;
  readonly killed: number;
  readonly lost: number;
  readonly broken: readonly string[];
}

/** One operation, broken at each of its moments in each way. */
export async function breakEverywhere(scenario: Scenario): Promise<Breaks> {
  const count = { die: 0, lose: 0 };
  const broken: string[] = [];
  const calls = new Set<string>();
  let moments = 0;
  for (const way of WAYS) {
    for (let moment = 1; ; moment++) {
      const found = await breakOnce(scenario, moment, way, calls);
      if (!found) break;
      count[way.how] += 1;
      moments = Math.max(moments, moment);
      broken.push(...found.map((what) => `${what} (${way.how} at moment ${moment}, the client ${way.client})`));
    }
  }
  const { reaches } = scenario;
  if (reaches !== undefined && !calls.has(reaches)) broken.push(`it never calls ${reaches}`);
  return { moments, killed: count.die, lost: count.lose, broken };
}

/** Answers what is broken in the end; undefined when the operation has fewer moments. */
async function breakOnce(
  scenario: Scenario,
  moment: number,
  { how, client }: Way,
  calls: Set<string>,
): Promise<string[] | undefined> {
  const scene = createScene();
  const prepared = await scenario.prepare(scene);
  const broken: string[] = [];
  const { step, died, wasHit } = breakAt(moment, how, calls);
  const attempt = async (to = scene.world.controller()) => {
    try {
      await scenario.act(scene, to, prepared);
    } catch (error) {
      const isExpected = error instanceof CallFailed || isRefusal(error, scenario);
      if (!isExpected) broken.push(`${scenario.name} failed with ${String(error)}`);
    }
  };
  await Promise.race([attempt(scene.world.controller({ step })), died]);
  if (!wasHit()) return undefined;
  scene.world.state.now += REPEAT_AFTER_MS;
  if (client === 'repeats') {
    await attempt();
    if (scenario.isRepaired?.(scene) === false) broken.push('I5 the repetition did not make up for it');
  }
  scene.mac.isPaused = client === 'is gone';
  const after = await drain(scene.world, [scene.mac]);
  broken.push(...brokenAtRest(scene.world, scene.acknowledged, after));
  const { length: builds } = scene.world.ghost.created;
  const isUnasked = client === 'is gone' && builds === scenario.builds - 1;
  if (builds !== scenario.builds && !isUnasked) broken.push(`I5 made ${builds} builds of ${scenario.builds}`);
  return broken;
}

function isRefusal(error: unknown, { mayRefuse = [] }: Scenario): boolean {
  return error instanceof Rejection && mayRefuse.includes(error.code);
}
