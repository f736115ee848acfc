import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControllerProcess, startControllerProcess } from '../../support/fault-process.ts';

/** A controller as `npm start` runs it, in a process and a folder of its own. */
export interface Stage {
  /** The one that runs now. */
  readonly controller: ControllerProcess;
  /** Ends it and starts another on the same data; answers the ms from that start to the first answer to a list. */
  restart(): Promise<number>;
  close(): Promise<void>;
}

/** Its schedule as it is, not the one of tests; failures in quick succession are no reason to keep a worker from builds. */
const SETTINGS = { SCHEDULE_SECONDS: '60', QUARANTINE_INSTANT_SECONDS: '0' };

/** @param prepare puts into the data folder what is to be there before the start. */
export async function openStage(
  settings: Readonly<Record<string, string>> = {},
  prepare: (dataDir: string) => Promise<void> = async () => {},
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-bench-'));
  const dataDir = join(folder, 'data');
  const apiKey = randomBytes(32).toString('base64url');
  const start = () => startControllerProcess(dataDir, apiKey, { ...SETTINGS, ...settings });
  let controller = await prepare(dataDir)
    .then(start)
    .catch(async (error: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
  const stop = async () => {
    controller.signal('SIGTERM');
    await controller.ended;
  };
  return {
    get controller() {
      return controller;
    },
    async restart() {
      await stop();
      const startedAt = performance.now();
      controller = await start();
      const { http } = controller;
      const { status } = await http.request('GET', '/api/builds?limit=1', { headers: http.key });
      if (status !== 200) throw new Error(`a list answered ${status} after a restart`);
      return performance.now() - startedAt;
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `act` with a stage, and leaves nothing behind. */
export async function onStage<T>(act: (stage: Stage) => Promise<T>, opened = openStage()): Promise<T> {
  const stage = await opened;
  try {
    return await act(stage);
  } finally {
    await stage.close();
  }
}
