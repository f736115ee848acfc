import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControllerProcess } from '../../support/fault-process.ts';

export type Http = ControllerProcess['http'];
export type BenchWorker = Awaited<ReturnType<Http['register']>>;

// biome-ignore lint/suspicious/noExplicitAny: a refusal stops the bench, and the tests hold every answer against its description
type Json = any;

const TRIES = 10;
const PAUSE_MS = 100;

/** One request that has to succeed. A controller that has too much to do says so, and is asked again, as every client does. */
export async function ask(
  http: Http,
  method: string,
  path: string,
  headers: Record<string, string>,
  json?: object,
): Promise<Json> {
  for (let tries = 1; ; tries++) {
    const { status, body, text } = await http.request(method, path, { headers, ...(json && { json }) });
    if (status < 300) return body;
    if (status !== 503 || tries === TRIES) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    await delay(PAUSE_MS);
  }
}

/** Puts bytes where a ticket says. */
export async function put({ url, headers }: Json, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await fetch(url, { method: 'PUT', headers, body: bytes });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the upload answered ${response.status}`);
}

export const digestOf = (bytes: Uint8Array) => ({
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** A source that many builds can be submitted of, each under a key of its own. */
async function uploadSource(http: Http, size: number): Promise<string> {
  const source = new Uint8Array(randomBytes(size));
  const ticket = await ask(http, 'POST', '/api/uploads', http.key, digestOf(source));
  await put(ticket, source);
  return ticket.upload_id;
}

/** Submits so many builds of one source, some at once; answers builds a second. */
export async function submitMany(http: Http, count: number, atOnce: number): Promise<number> {
  const upload_id = await uploadSource(http, 1_024);
  const startedAt = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const headers = { ...http.key, 'idempotency-key': randomBytes(16).toString('hex') };
        await ask(http, 'POST', '/api/builds', headers, { platform: 'ios', upload_id });
      }
    }),
  );
  return (1000 * count) / (performance.now() - startedAt);
}

/** The quickest way to be free again. */
export const fail = (http: Http, worker: BenchWorker, buildId: string) =>
  ask(http, 'POST', '/api/workers/fail', http.as(worker), { build_id: buildId, error: 'bench' });

/** One poll: the build that was granted, and how long the answer took. */
export async function poll(http: Http, worker: BenchWorker): Promise<{ job: Json; ms: number }> {
  const startedAt = performance.now();
  const { job } = await ask(http, 'GET', '/api/workers/poll', http.as(worker));
  return { job, ms: performance.now() - startedAt };
}
