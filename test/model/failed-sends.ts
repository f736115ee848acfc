import type { Dice } from '../history/dice.ts';
import { nothingAcknowledged, runSweep } from './at-rest.ts';
import { clientsOf } from './clients.ts';
import { aMember, crewOf } from './crew.ts';
import { SWEEP_MS } from './settings.ts';
import { CallFailed, createWorld, type Step } from './world.ts';

const MAX_LAG_MS = 5_000;
/** What the plan promises. */
export const RESENT_WITHIN_MS = 120_000;

export interface FailedSend {
  /** Until there was a message again (ms). */
  readonly afterMs: number;
  readonly broken: readonly string[];
}

const noSend: Step = async ({ call, when }) => {
  if (call === 'queue.send' && when === 'before') throw new CallFailed('lost before queue.send');
};

/**
 * A submit whose build is stored and whose message is not sent: the call fails, or the process ends there. Sweeps come at
 * a phase of chance; in some runs the first of them cannot send either, in the others the index is late.
 */
export async function failSend(dice: Dice): Promise<FailedSend> {
  const world = createWorld();
  const { state, queue, ghost, table } = world;
  const [crew, clients] = [crewOf(world), clientsOf(world, nothingAcknowledged())];
  const broken: string[] = [];
  const mac = aMember('mac');
  await crew.register(world.controller(), mac);

  const submit = (step: Step) => clients.submit(world.controller({ step }), 'build');
  if (dice.happens(0.5)) await submit(noSend);
  else await untilKilled(submit);
  const submittedAt = state.now;
  if (table.records.size !== 1 || queue.copies.length > 0) broken.push('the send did not fail after the put');

  const isLate = dice.happens(0.5);
  state.indexLagMs = isLate ? dice.between(0, MAX_LAG_MS) : 0;
  const failing = isLate ? 0 : dice.between(0, 1);
  const phase = dice.between(1, SWEEP_MS);
  for (let sweeps = 0; queue.copies.length === 0 && sweeps < 10; sweeps++) {
    state.now = submittedAt + phase + sweeps * SWEEP_MS;
    await runSweep(world.controller(sweeps < failing ? { step: noSend } : {}));
  }
  const afterMs = state.now - submittedAt;
  if (afterMs > RESENT_WITHIN_MS) broken.push(`the message was sent again only ${afterMs} ms on`);
  if (!(await crew.poll(world.controller(), mac))) broken.push('I2 nobody gets the build');
  return { afterMs, broken: [...ghost.broken, ...broken] };
}

/** The process ends where it would have sent. */
async function untilKilled(submit: (step: Step) => Promise<unknown>): Promise<void> {
  const { promise: died, resolve } = Promise.withResolvers<void>();
  const die: Step = async ({ call, when }) => {
    if (call !== 'queue.send' || when !== 'before') return;
    resolve();
    await new Promise<never>(() => {});
  };
  await Promise.race([submit(die), died]);
}
