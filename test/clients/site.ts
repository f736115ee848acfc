import { randomUUID } from 'node:crypto';
import { advance, backToPresent } from '../history/time-travel.ts';
import { makeZip } from '../support/client-zip.ts';
import { startController } from '../support/controller.ts';
import type { Site } from './wire.ts';

export type TestSite = Awaited<ReturnType<typeof openSite>>;

const SWEEP_MS = 60_000;

/**
 * The whole controller with a clock of its own: who pauses sets it ahead, and the schedule runs each minute that passes, so
 * that a two-hour build meets every sweep that it would have met.
 */
export async function openSite() {
  const controller = await startController();
  let sinceSweepMs = 0;
  const pause = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; ) {
      const step = Math.min(left, SWEEP_MS - sinceSweepMs);
      advance(step);
      left -= step;
      sinceSweepMs = (sinceSweepMs + step) % SWEEP_MS;
      if (sinceSweepMs === 0) await controller.stack.runSchedule();
    }
  };
  const site: Site = { url: controller.url, apiKey: controller.apiKey, pause, patience: AbortSignal.timeout };
  return {
    controller,
    ...site,
    close: async () => {
      backToPresent();
      await controller.close();
    },
  };
}

/** A project as the command lines send it: a ZIP, whatever they call it. */
export function aProject(note = randomUUID() as string): Buffer {
  return makeZip([
    { name: 'app.json', data: JSON.stringify({ note }) },
    { name: 'App.tsx', data: 'export default () => null;' },
  ]);
}
