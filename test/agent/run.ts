import { killed, drained, paused, stubborn } from './lives.ts';
import { busyAgent, fullDisk, longLog } from './loads.ts';
import { hourAway, longCut, shortCut } from './outages.ts';
import { CannotRunHere } from './stage.ts';

const HELP = `What becomes of a worker, and of its build, when it is killed, paused, cut off, cancelled, full or overrun: each with agents
and a controller that are processes of their own, over a network that can be cut. Ends with 1 if an outcome is not the stated one.

Usage: npm run test:agent [-- trial...]
`;

const TRIALS: Readonly<Record<string, () => Promise<string>>> = {
  'long-log': longLog,
  paused,
  'hour-away': hourAway,
  'busy-agent': busyAgent,
  killed,
  'full-disk': fullDisk,
  'long-cut': longCut,
  drained,
  stubborn,
  'short-cut': shortCut,
};

/** They wait most of the time: for leases to end and networks to come back. */
const AT_ONCE = 3;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const unknown = args.filter((name) => TRIALS[name] === undefined);
  if (unknown.length > 0) {
    process.stdout.write(`${HELP}\nTrials: ${Object.keys(TRIALS).join(', ')}\n`);
    return args.includes('--help') ? 0 : 2;
  }
  const names = args.length > 0 ? args : Object.keys(TRIALS);
  const count = { passed: 0, failed: 0, 'cannot run here': 0 };
  const waiting = [...names];
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) count[await outcomeOf(name)] += 1;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const notRun = count['cannot run here'] > 0 ? `, ${count['cannot run here']} cannot run here` : '';
  console.log(`agent trials: ${count.passed} passed, ${count.failed} failed${notRun}`);
  return count.failed === 0 ? 0 : 1;
}

async function outcomeOf(name: string): Promise<'passed' | 'failed' | 'cannot run here'> {
  const startedAt = performance.now();
  const say = (outcome: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`${name.padEnd(11)} ${seconds.padStart(3)} s  ${outcome}`);
  };
  try {
    say((await TRIALS[name]?.()) ?? '');
    return 'passed';
  } catch (error) {
    if (error instanceof CannotRunHere) {
      say(`CANNOT RUN HERE: ${error.message}`);
      return 'cannot run here';
    }
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return 'failed';
  }
}
