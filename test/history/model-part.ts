import { soakModel } from '../model/soak-model.ts';
import { createDice } from './dice.ts';

/** The part of the plan that only a model can play: every interleaving, stalls, skewed clocks, deaths at any await. */
export const MODEL = { name: 'model', fault: 'model: schedules, stalls, clocks, deaths', volume: 10_000 } as const;

export async function runModel(runs: number, seed: string) {
  const startedAt = performance.now();
  const found = { broken: [] as string[], note: '' };
  try {
    const { says } = await soakModel({ runs, seed: createDice(seed).between(0, 2 ** 31 - 1) });
    found.note = says.join('; ');
  } catch (error) {
    // What fast-check throws: the counterexample, shrunk, and its seed.
    if (!(error instanceof Error)) throw error;
    found.broken.push(error.message);
  }
  return { ...found, seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
}
