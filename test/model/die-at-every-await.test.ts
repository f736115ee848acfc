import { describe, expect, it } from 'vitest';
import { Rejection } from '../../lib/domain/rejection.ts';
import { brokenAtRest, drain } from './at-rest.ts';
import { breakAt } from './faults.ts';
import { createScene, SCENARIOS, type Scenario } from './scenarios.ts';
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

/** Answers what is broken in the end; undefined when the operation has fewer moments. */
async function breakOnce(scenario: Scenario, moment: number, { how, client }: Way): Promise<string[] | undefined> {
  const scene = createScene();
  const prepared = await scenario.prepare(scene);
  const broken: string[] = [];
  const { step, died, wasHit } = breakAt(moment, how);
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

describe('an operation that is broken at any of its moments', () => {
  let killed = 0;
  let lost = 0;

  it.each(SCENARIOS)('$name: nothing is lost, doubled or stuck', async (scenario) => {
    for (const way of WAYS) {
      let moment = 1;
      for (let broken: string[] | undefined; ; moment++) {
        broken = await breakOnce(scenario, moment, way);
        if (!broken) break;
        expect(broken, `${way.how} at moment ${moment}, the client ${way.client}`).toEqual([]);
      }
      expect(moment, 'it has moments').toBeGreaterThan(2);
      if (way.how === 'die') killed += moment - 1;
      else lost += moment - 1;
    }
  });

  it('has been killed at hundreds of moments', () => {
    console.log(`${killed} kills and ${lost} lost requests and replies, in ${SCENARIOS.length} operations`);
    expect(killed).toBeGreaterThan(300);
  });
});
