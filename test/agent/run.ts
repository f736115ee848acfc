import { killed, drained, paused, stubborn } from './lives.ts';
import { busyAgent, fullDisk, longLog } from './loads.ts';
import { hourAway, longCut, shortCut } from './outages.ts';

const HELP = `What becomes of a worker, and of its build, when it is killed, paused, cut off, cancelled, full or overrun: each with agents
and a controller that are processes of their own, over a network that can be cut. Ends with 1 if an outcome is not the stated one.

Usage: npm run test:agent [-- trial...]
`;

const TRIALS: Readonly<Record<string, () => Promise<string>>> = {
  killed,
  paused,
  drained,
  stubborn,
  'short-cut': shortCut,
  'long-cut': longCut,
  'hour-away': hourAway,
  'busy-agent': busyAgent,
  'full-disk': fullDisk,
  'long-log': longLog,
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const unknown = args.filter((name) => TRIALS[name] === undefined);
  if (unknown.length > 0) {
    process.stdout.write(`${HELP}\nTrials: ${Object.keys(TRIALS).join(', ')}\n`);
    return args.includes('--help') ? 0 : 2;
  }
  const names = args.length > 0 ? args : Object.keys(TRIALS);
  let failed = 0;
  for (const name of names) {
    const startedAt = performance.now();
    const outcome = await TRIALS[name]?.().catch((error: unknown) => {
      failed += 1;
      return `FAILED: ${error instanceof Error ? error.message : String(error)}`;
    });
    console.log(`${name.padEnd(11)} ${((performance.now() - startedAt) / 1000).toFixed(0).padStart(3)} s  ${outcome}`);
  }
  console.log(`agent trials: ${names.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
