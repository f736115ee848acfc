import { any2xx, type Site, safeWord, send } from './wire.ts';

/** I1, the installer: looks whether a controller is there, and registers the Mac; the key in header and body. */
export async function i1(site: Site): Promise<string> {
  const signal = () => site.patience(5_000);
  any2xx('health', await send('GET', `${site.url}/api/health`, { signal: signal() }));
  const capabilities = {
    cpuCores: 8,
    memoryGB: 16,
    diskGB: 200,
    xcodeVersion: '15.1',
    tartVersion: '2.4.3',
    platform: 'darwin',
    architecture: 'arm64',
  };
  const json = { name: 'Mac book', capabilities, apiKey: site.apiKey };
  const headers = { 'x-api-key': site.apiKey };
  const reply = await send('POST', `${site.url}/api/workers/register`, { headers, json, signal: signal() });
  any2xx('register', reply);
  const { workerID, id } = JSON.parse(reply.text);
  return safeWord('worker id', workerID || id);
}
