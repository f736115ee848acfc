import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Children } from './children.ts';
import type { History } from './history.ts';

/** What all parts of the demonstration share. */
export interface Stage {
  readonly folder: string;
  readonly children: Children;
  readonly history: History;
  readonly say: (text: string) => void;
}

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Something did not hold: the demonstration has failed, and this says why. */
export class DemoFailure extends Error {
  override name = 'DemoFailure';
}

/** Lines for people, with the time since the start. */
export function narrator(write: (line: string) => void): (text: string) => void {
  const startedAt = performance.now();
  return (text) => write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}`);
}
