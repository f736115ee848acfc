#!/usr/bin/env node
import { systemClock } from '../clock.ts';
import { EXIT } from './exit-codes.ts';
import { runCli } from './run-cli.ts';

/** The first interrupt is a wish, the second an order; whoever presses a third time is not waiting any longer. */
const MAX_INTERRUPTS = 2;

const listeners: (() => void)[] = [];
let interrupts = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    interrupts += 1;
    if (interrupts > MAX_INTERRUPTS) process.exit(EXIT.interrupted);
    for (const listener of listeners) listener();
  });
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `buildlatch logs … | head`: nobody reads any more.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  // What is said to people is no data: without it the work goes on.
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  random: Math.random,
  onInterrupt: (listener) => {
    listeners.push(listener);
  },
});
