import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { listen } from '../../infra/local/listen.ts';
import { run } from './run.ts';
import type { Site } from './wire.ts';

const SCRIPT = fileURLToPath(new URL('e1.sh', import.meta.url));

/**
 * E1, the old shell tests. Where they waited for their worker, this one calls `work` and goes on when it is done.
 * @param credential what status, log and download are asked with. Answers the build's id.
 */
export async function e1(site: Site, credential: 'key' | 'token', work: () => Promise<unknown>): Promise<string> {
  const failed = Promise.withResolvers<never>();
  const worker = createServer((_request, response) => {
    work()
      .catch(failed.reject)
      .finally(() => response.end());
  });
  const { url, close } = await listen(worker, 0, '127.0.0.1');
  try {
    const env = { ...process.env, E1_URL: site.url, E1_KEY: site.apiKey, E1_TOKENS: credential === 'token' ? '1' : '' };
    const printed = await Promise.race([run('bash', [SCRIPT, `curl -s ${url}`], env), failed.promise]);
    return printed.trim();
  } finally {
    await close(0);
  }
}
