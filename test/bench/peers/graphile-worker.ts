import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuDuring } from '../report/process-cpu.ts';
import type { Packages, Pool } from './packages.ts';
import type { Peer } from './peer.ts';

const TASK = 'build';

/** As it is after `run`: each job is fetched by itself, and completed by itself without being waited for. */
export async function graphileWorker(
  { makeWorkerUtils, run, Logger }: Packages['graphile-worker'],
  pool: Pool,
  enginePid: number,
): Promise<Peer> {
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  const isEmpty = async () => (await pool.query('SELECT FROM graphile_worker.jobs LIMIT 1')).rows.length === 0;
  return {
    name: 'graphile-worker',
    enginePid,
    fill: async (jobs) => {
      await pool.query(`SELECT graphile_worker.add_job('${TASK}') FROM generate_series(1, ${jobs})`);
    },
    drain: async (jobs, concurrency) => {
      let finished = 0;
      const done = Promise.withResolvers<void>();
      const taskList = {
        [TASK]: async () => {
          if (++finished === jobs) done.resolve();
        },
      };
      const started = Promise.withResolvers<void>();
      const events = new EventEmitter().once('worker:getJob:start', () => started.resolve());
      const running = run({ pgPool: pool, logger, concurrency, taskList, events, noHandleSignals: true });
      await started.promise;
      const drained = await cpuDuring(enginePid, async () => {
        await done.promise;
        while (!(await isEmpty())) await delay(1);
      });
      await (await running).stop();
      return drained;
    },
    close: async () => {
      await utils.release();
      await pool.end();
    },
  };
}
