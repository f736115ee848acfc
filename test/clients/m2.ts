import { startMockWorker } from './mock-worker.ts';
import type { Site } from './wire.ts';

/** M2, the second mock worker: after it has registered, its token and nothing else. Never a heartbeat. */
export const startM2 = (site: Site, platform: 'ios' | 'android' = 'ios') => {
  const own = ({ token }: { token: string }) => ({ 'x-worker-token': token });
  return startMockWorker(site, platform, { poll: own, download: own, upload: own });
};
