import { ClientGaveUp, type Site, send } from './wire.ts';

const FIGURES = [
  'nodesOnline',
  'buildsQueued',
  'activeBuilds',
  'buildsToday',
  'totalBuilds',
  'totalBuildTimeMs',
  'totalCpuCycles',
] as const;

/** L1, the landing page, a browser on another origin: what the browser would not show to the page is not there. */
export async function l1(site: Site, path = '/api/stats'): Promise<Record<(typeof FIGURES)[number], number>> {
  const headers = { origin: 'https://landing.example' };
  const reply = await send('GET', `${site.url}${path}`, { headers, signal: site.patience(5_000) });
  const allowed = reply.headers.get('access-control-allow-origin');
  if (reply.status !== 200 || (allowed !== '*' && allowed !== headers.origin)) {
    throw new ClientGaveUp(`stats answered ${reply.status}, allowed for ${allowed}`);
  }
  const stats = JSON.parse(reply.text);
  for (const name of FIGURES) if (!Number.isFinite(stats[name])) throw new ClientGaveUp(`${name} is ${stats[name]}`);
  return stats;
}
