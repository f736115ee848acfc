import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Endpoints } from '../../../infra/local/aws-clients.ts';
import type { Credentials } from '../../../infra/local/credentials.ts';
import type { Resources } from '../../../infra/local/provision.ts';

export interface EnginesApart {
  readonly endpoints: Endpoints;
  /** Where presigned addresses lead. */
  readonly s3PublicUrl: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly resources: Resources;
  /** The process whose tree they are: the database as its child, queues and files in itself. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** The embedded engines in processes of their own, so that what they take can be told from what asks them. */
export async function startEnginesApart(dataDir: string): Promise<EnginesApart> {
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'engines-program.ts'), dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`the engines ended with ${code}`))),
  ]);
  return {
    ...JSON.parse(String(line)),
    pid: child.pid ?? 0,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
