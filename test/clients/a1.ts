import { any2xx, ClientGaveUp, exactly200, type Site, send } from './wire.ts';

const INTEGERS = ['totalBuilds', 'successfulBuilds', 'failedBuilds'] as const;
const TEXTS = ['workerName', 'status', 'uptime'] as const;

/** A1, two windows of the Mac app. What it cannot decode it replaces by invented figures: here that is a failure. */
export async function a1(site: Site, workerId: string) {
  any2xx('health', await send('GET', `${site.url}/api/health`, { signal: site.patience(5_000) }));
  const headers = { 'x-api-key': site.apiKey };
  const path = `/api/workers/${workerId}/stats`;
  const reply = await send('GET', `${site.url}${path}`, { headers, signal: site.patience(10_000) });
  exactly200('stats', reply);
  const stats = JSON.parse(reply.text);
  for (const name of INTEGERS) if (!Number.isInteger(stats[name])) throw new ClientGaveUp(`${name} is no integer`);
  for (const name of TEXTS) if (typeof stats[name] !== 'string') throw new ClientGaveUp(`${name} is no text`);
  return stats;
}
