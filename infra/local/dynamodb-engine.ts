import { chmodSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Guarded, spawnGuarded, stopGuarded } from './guarded-child.ts';
import { freePort, httpUrl } from './listen.ts';

export interface Engine {
  readonly address: string;
  stop(): Promise<void>;
}

export interface ChildEngine extends Engine {
  /** Resolves if it ends without having been stopped. */
  readonly died: Promise<Error>;
}

/** It is up in 0.2 s; a loaded machine or a long write-ahead log may need more. */
const READY_WITHIN_MS = 15_000;

/** Between our look for a free port and the engine's bind another process may take it. */
const MAX_TRIES = 3;

export async function startDynamoDb(dbPath: string): Promise<ChildEngine> {
  const binary = findBinary();
  // One of an older version; the new one is made so.
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(dbPath + suffix)) chmodSync(dbPath + suffix, 0o600);
  for (let tries = 1; ; tries++) {
    const port = await freePort(createServer);
    const guard = spawnGuarded([binary, 'serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', dbPath]);
    const failure = await untilReady(guard);
    if (!failure) return toEngine(guard, httpUrl('127.0.0.1', port));
    await stopGuarded(guard);
    if (tries === MAX_TRIES || !failure.includes('already in use')) {
      throw new Error(`The DynamoDB engine did not start: ${failure}`);
    }
  }
}

/** The package of this platform; where there is none, the ways to do without it. */
export function findBinary(platform: string = process.platform, architecture: string = process.arch): string {
  const name = `@dynoxide/${platform}-${architecture}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dynoxide');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    throw new Error(otherWays(name), { cause: error });
  }
}

const otherWays = (
  missing: string,
) => `No embedded DynamoDB engine for this machine (npm package ${missing} is not installed).
Set DYNAMODB_ENDPOINT to one of:
  1. DynamoDB Local under Java:    java -jar DynamoDBLocal.jar -sharedDb    then http://127.0.0.1:8000
  2. DynamoDB Local in Docker:     docker run -p 8000:8000 amazon/dynamodb-local -jar DynamoDBLocal.jar -sharedDb -inMemory    then http://127.0.0.1:8000
     or LocalStack in Docker:      http://127.0.0.1:4566
  3. DynamoDB on AWS:              https://dynamodb.<region>.amazonaws.com, with AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;

function toEngine(guard: Guarded, address: string): ChildEngine {
  let isStopping = false;
  const died = new Promise<Error>((resolve) => {
    guard.once('exit', (code) => {
      if (!isStopping) resolve(new Error(`The DynamoDB engine ended by itself with exit code ${code}`));
    });
  });
  const stopIt = () => {
    isStopping = true;
    return stopGuarded(guard);
  };
  return { address, died, stop: stopIt };
}

/** Resolves to undefined once the engine listens, else to why it does not. */
function untilReady(guard: Guarded): Promise<string | undefined> {
  return new Promise((resolve) => {
    let stderr = '';
    const settle = (failure?: string) => {
      clearTimeout(timer);
      guard.stderr.off('data', read).resume();
      guard.off('close', exited).off('error', failed);
      resolve(failure);
    };
    const read = (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
      if (/listening on /.test(stderr)) settle();
    };
    const exited = (code: number | null) => settle(`exit code ${code}. ${stderr.trim()}`);
    const failed = (error: Error) => settle(error.message);
    const timer = setTimeout(() => settle(`silent for ${READY_WITHIN_MS} ms. ${stderr.trim()}`), READY_WITHIN_MS);
    guard.stderr.on('data', read);
    // 'close' comes after the last words on stderr, 'exit' may come before them.
    guard.once('close', exited).once('error', failed);
  });
}
