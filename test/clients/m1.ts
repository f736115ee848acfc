import { startMockWorker } from './mock-worker.ts';
import type { Site } from './wire.ts';

/** M1, the first mock worker: the key with everything, its id beside it. Never a heartbeat. */
export const startM1 = (site: Site, platform: 'ios' | 'android' = 'ios') =>
  startMockWorker(site, platform, {
    poll: ({ key }) => key,
    download: ({ key, id }) => ({ ...key, 'x-worker-id': id }),
    upload: ({ key }) => key,
  });
