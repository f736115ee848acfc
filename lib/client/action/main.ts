import { randomUUID } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { cleanUp } from './end-build.ts';
import { runAction } from './run-action.ts';

const listeners: (() => void)[] = [];
// The runner sends the one and, if that does not help, the other; the first has been heard.
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    for (const listener of listeners) listener();
  });
}

const surroundings = {
  env: process.env,
  cwd: process.env['GITHUB_WORKSPACE'] || process.cwd(),
  write: (text: string) => void process.stdout.write(text),
  clock: systemClock,
  random: Math.random,
  newId: randomUUID,
  onInterrupt: (listener: () => void) => {
    listeners.push(listener);
  },
};
// One file for both: GitHub runs it again at the end of the job, with what the step has saved.
const run = process.env['STATE_started'] === 'true' ? cleanUp : runAction;
process.exitCode = await run(surroundings);
