import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installNpm } from '../../emulators/install.ts';

/**
 * The few calls of the peers' packages that are made here. They are no dependencies of this project: `package.json` beside
 * this file has them with their lock file, and they are installed when this bench first runs.
 */
export interface Packages {
  readonly pg: {
    Pool: new (options: object) => Pool;
  };
  readonly 'graphile-worker': {
    makeWorkerUtils(options: object): Promise<{ migrate(): Promise<void>; release(): Promise<void> }>;
    run(options: object): Promise<{ stop(): Promise<void> }>;
    Logger: new (factory: () => () => void) => object;
  };
  readonly 'pg-boss': { PgBoss: new (options: object) => Boss };
  readonly bullmq: {
    Queue: new (name: string, options: object) => { addBulk(jobs: object[]): Promise<unknown>; close(): Promise<void> };
    Worker: new (name: string, run: () => Promise<void>, options: object) => BullWorker;
  };
}

export interface Pool {
  query(
    query: string | { name: string; text: string; values: unknown[] },
  ): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}

interface Boss {
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  createQueue(name: string): Promise<void>;
  insert(name: string, jobs: object[]): Promise<unknown>;
  fetch(name: string): Promise<{ id: string }[]>;
  complete(name: string, id: string): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

interface BullWorker {
  waitUntilReady(): Promise<unknown>;
  run(): Promise<void>;
  on(event: 'completed' | 'error', listener: () => void): unknown;
  close(): Promise<void>;
}

export interface Installed {
  load<N extends keyof Packages>(name: N): Packages[N];
  version(name: keyof Packages): string;
}

export function installPackages(): Installed {
  const require = createRequire(join(installNpm('bench-peers', import.meta.dirname), 'package.json'));
  const { dependencies } = require('./package.json') as { dependencies: Record<string, string> };
  return { load: (name) => require(name), version: (name) => dependencies[name] ?? '' };
}
