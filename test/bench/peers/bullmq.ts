import { cpuDuring } from '../report/process-cpu.ts';
import type { Packages } from './packages.ts';
import type { Peer } from './peer.ts';

const QUEUE = 'builds';

/** By its own worker: the end of a job fetches the next in the same script. */
export function bullMq({ Queue, Worker }: Packages['bullmq'], connection: object, enginePid: number): Peer {
  const queue = new Queue(QUEUE, { connection });
  return {
    name: 'BullMQ',
    enginePid,
    fill: async (jobs) => {
      await queue.addBulk(Array.from({ length: jobs }, () => ({ name: 'build', data: {} })));
    },
    drain: async (jobs, concurrency) => {
      const worker = new Worker(QUEUE, async () => {}, { connection, concurrency, autorun: false });
      await worker.waitUntilReady();
      let finished = 0;
      const done = Promise.withResolvers<void>();
      worker.on('completed', () => {
        if (++finished === jobs) done.resolve();
      });
      const drained = await cpuDuring(enginePid, async () => {
        const running = worker.run();
        await Promise.race([done.promise, running]);
      });
      await worker.close();
      if (finished !== jobs) throw new Error(`BullMQ finished ${finished} of ${jobs}`);
      return drained;
    },
    close: () => queue.close(),
  };
}
