import { any2xx, exactly200, type Site, send } from './wire.ts';

/** D1, the Mac app's look at itself: whether the controller answers, and a report of all checks. */
export async function d1(site: Site, workerId: string) {
  exactly200('health', await send('GET', `${site.url}/health`));
  const json = {
    worker_id: workerId,
    status: 'warning',
    run_at: 1_767_000_000_000,
    duration_ms: 1_250,
    auto_fixed: true,
    checks: [
      { name: 'tart', status: 'pass', message: 'tart is installed', duration_ms: 40, auto_fixed: false },
      {
        name: 'disk_space',
        status: 'warn',
        message: '48 GB free',
        duration_ms: 5,
        auto_fixed: true,
        details: { free_gb: '48' },
      },
    ],
  };
  const reply = await send('POST', `${site.url}/api/diagnostics/report`, {
    headers: { 'x-api-key': site.apiKey },
    json,
  });
  any2xx('diagnostics', reply);
  return { report: json, answer: JSON.parse(reply.text) };
}
