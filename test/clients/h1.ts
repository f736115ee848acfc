import { type Site, send } from './wire.ts';

const GIVES_UP_AFTER = 5;
const EVERY_MS = 5_000;

/** H1, the monitor on the Mac beside W1 and W2: ids, no secret. Answers how many it sent before it gave up. */
export async function h1(site: Site, workerId: string, buildId: string, snapshots: number): Promise<number> {
  let refusedInARow = 0;
  let sent = 0;
  while (sent < snapshots && refusedInARow < GIVES_UP_AFTER) {
    const headers = { 'x-worker-id': workerId, 'x-build-id': buildId };
    const data = { cpu_percent: 180.5, memory_mb: 3000 };
    const json = { type: 'cpu_snapshot', timestamp: new Date().toISOString(), data };
    const reply = await send('POST', `${site.url}/api/builds/${buildId}/telemetry`, { headers, json });
    refusedInARow = reply.status === 200 ? 0 : refusedInARow + 1;
    sent += 1;
    await site.pause(EVERY_MS);
  }
  return sent;
}
