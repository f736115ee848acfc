import { atOnce } from '../../support/at-once.ts';
import { cpuDuring } from '../report/process-cpu.ts';
import type { Packages } from './packages.ts';
import type { Peer } from './peer.ts';

const QUEUE = 'builds';
/** One insert takes so many. */
const BATCH = 200;

/** By `fetch` and `complete`, one job at a time: its own workers ask once in half a second at most. */
export async function pgBoss({ PgBoss }: Packages['pg-boss'], database: object, enginePid: number): Promise<Peer> {
  const boss = new PgBoss({ ...database, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE);
  return {
    name: 'pg-boss',
    enginePid,
    fill: async (jobs) => {
      for (let left = jobs; left > 0; left -= BATCH) {
        await boss.insert(
          QUEUE,
          Array.from({ length: Math.min(BATCH, left) }, () => ({ data: {} })),
        );
      }
    },
    drain: async (jobs, claimers) => {
      let finished = 0;
      const drained = await cpuDuring(enginePid, () =>
        atOnce(claimers, async () => {
          for (;;) {
            const [job] = await boss.fetch(QUEUE);
            if (!job) return;
            await boss.complete(QUEUE, job.id);
            finished += 1;
          }
        }),
      );
      if (finished !== jobs) throw new Error(`pg-boss finished ${finished} of ${jobs}`);
      return drained;
    },
    close: () => boss.stop({ graceful: false }),
  };
}
