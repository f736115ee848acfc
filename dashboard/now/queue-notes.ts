import type { Operations } from '../../lib/client/api-types.ts';
import { platformName, plural } from '../format.ts';
import type { Tone } from '../parts/badge.ts';

export type Queue = Operations['GET /api/queues']['answer']['queues'][number];

/** How a queue stands, worst first. */
export type QueueState = 'paused' | 'stranded' | 'waiting' | 'quiet';

/** `stranded`: something waits that nobody who is online may build. */
export function queueState({ paused, waiting, without_worker }: Queue): QueueState {
  if (paused) return 'paused';
  if (without_worker > 0) return 'stranded';
  return waiting > 0 ? 'waiting' : 'quiet';
}

export interface Warning {
  readonly tone: Tone;
  readonly text: string;
}

/** What must be said loudly of the queues, a sentence each. Nobody sees a worker that is missing unless it is said. */
export function warnings(queues: readonly Queue[]): Warning[] {
  return queues.flatMap((queue) => {
    const { platform, paused, without_worker: stranded } = queue;
    const name = platformName(platform);
    const said = paused ? [{ tone: 'special', text: `${name} is paused: ${paused.reason}` } as const] : [];
    if (stranded === 0) return said;
    return [...said, { tone: 'bad', text: strandedText(name, queue) }];
  });
}

function strandedText(name: string, { without_worker: stranded, workers }: Queue): string {
  const isOne = stranded === 1;
  const waits = `${plural(stranded, `${name} build`)} ${isOne ? 'waits' : 'wait'}`;
  if (workers.idle + workers.building === 0) return `${waits}, and no worker for ${name} is online.`;
  return `${waits}, and no worker online has the labels that ${isOne ? 'it asks' : 'they ask'} for.`;
}
