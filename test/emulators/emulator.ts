import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Guarded, spawnGuarded, stopGuarded } from '../../infra/local/guarded-child.ts';
import { freePort, httpUrl } from '../../infra/local/listen.ts';

export interface Emulator {
  readonly address: string;
  stop(): Promise<void>;
}

interface Program {
  readonly name: string;
  /** What is run, once it is known where it must listen. */
  readonly command: (port: number) => readonly string[];
  readonly env?: (port: number) => NodeJS.ProcessEnv;
  /** A path that is answered as soon as it serves. */
  readonly healthPath: string;
  /** This process must trust its certificate by then. */
  readonly isTls?: boolean;
}

/** A Java machine or a Python with everything to load, on two busy cores. */
const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;
const LAST_WORDS = 4_000;

/** Starts it on a free loopback port, and waits until it serves. It ends with this process, however that ends. */
export async function startEmulator({ name, command, env, healthPath, isTls }: Program): Promise<Emulator> {
  const port = await freePort(createServer);
  const address = isTls ? `https://127.0.0.1:${port}` : httpUrl('127.0.0.1', port);
  // All it says goes to one stream, of which only the end is kept.
  const loud = ['/bin/sh', '-c', 'exec "$@" >&2', name, ...command(port)];
  const guard = spawnGuarded(loud, { ...process.env, ...env?.(port) });
  const lastWords = keepLastWords(guard);
  const until = performance.now() + READY_WITHIN_MS;
  while (!(await isServing(`${address}${healthPath}`))) {
    if (guard.exitCode !== null || performance.now() > until) {
      await stopGuarded(guard);
      throw new Error(`${name} did not start. Its last words:\n${lastWords()}`);
    }
    await wait(LOOK_EVERY_MS);
  }
  return { address, stop: () => stopGuarded(guard) };
}

function keepLastWords(guard: Guarded): () => string {
  let words = '';
  guard.stderr.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString('utf8')}`.slice(-LAST_WORDS);
  });
  return () => words;
}

async function isServing(url: string): Promise<boolean> {
  const [answer] = await Promise.allSettled([fetch(url)]);
  if (answer.status === 'rejected') return false;
  await answer.value.arrayBuffer();
  return answer.value.ok;
}
