import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const PROGRAM = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');

/** Runs the Serverless Framework with this Node. Answers its exit code; `quiet` shows its output only if it fails. */
export async function serverless(args: readonly string[], { isQuiet = false } = {}): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['inherit', isQuiet ? 'pipe' : 'inherit', isQuiet ? 'pipe' : 'inherit'],
    // No question to the network about newer versions.
    env: { ...process.env, SLS_NOTIFICATIONS_MODE: 'off' },
  });
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  if (code !== 0) process.stderr.write(Buffer.concat(output));
  return code;
}

/** The stage that the arguments are about, as the framework reads them. */
export function stageOf(args: readonly string[]): string {
  const at = args.findIndex((arg) => arg === '--stage' || arg === '-s');
  const joined = args.find((arg) => arg.startsWith('--stage='));
  return (at >= 0 ? args[at + 1] : joined?.slice('--stage='.length)) ?? 'dev';
}
