import { execFile } from 'node:child_process';

/** What a program printed; its failure, and its absence from the machine, fails the test. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} failed: ${stderr || error.message}\n${stdout}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
