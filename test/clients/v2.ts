import { curl } from './curl.ts';
import { exactly200, type Site } from './wire.ts';

/** V2, the second monitor in the virtual machine: what it measures, each 30 s, with the machine's token. */
export function v2(site: Site, workerId: string, buildId: string, vmToken: string) {
  const headers = [
    ['X-VM-Token', vmToken],
    ['X-Worker-Id', workerId],
    ['X-Build-Id', buildId],
    ['Content-Type', 'application/json'],
  ].flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  let beats = 0;

  async function send(type: string, data: object): Promise<void> {
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    exactly200('telemetry', await curl('-X', 'POST', ...headers, '-d', body, telemetryUrl(site, buildId)));
  }

  return {
    start: () => send('monitor_started', { interval_seconds: 30 }),
    beat: () => {
      beats += 1;
      const metrics = { cpu_percent: 312.5, memory_mb: 4096, disk_percent: 61, processes: 212 };
      return send('heartbeat', { heartbeat_count: beats, stage: 'compiling', metrics, uptime_seconds: beats * 30 });
    },
  };
}

const telemetryUrl = (site: Site, buildId: string) => `${site.url}/api/builds/${buildId}/telemetry`;
