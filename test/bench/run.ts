import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readFlags } from './report/numbers.ts';

/** In this order: what counts first, then what measures, the longest last. */
const BENCHES = {
  cost: 'AWS calls and units of each step, and what they cost',
  sim: 'fleets and builds of any size, by simulation',
  lost: 'how long a lost worker keeps its build from others',
  cold: 'how long each function takes to load',
  changes: 'what was changed for speed and cost, before and after',
  handlers: 'handlers against the bare calls they make',
  peers: 'claim and finish beside PostgreSQL, graphile-worker, pg-boss and BullMQ',
  lifecycle: 'the single machine over HTTP: whole builds, contention, backlog, sizes, logs, memory',
} as const;

type Name = keyof typeof BENCHES;
const NAMES = Object.keys(BENCHES) as readonly Name[];
/** Those that have volumes to make smaller. */
const HAS_QUICK: readonly Name[] = ['handlers', 'peers', 'lifecycle'];

const HELP = `Runs all benches, one after the other. What they find is printed; ends with 1 if one of them misses what the design wants.

Usage: npm run bench [-- flags]
  --only <name>  one of them; may be repeated
  --quick        smaller volumes, to see that everything works; not with --update
  --update       writes docs/performance.md, its plots, and test/bench/<name>.json
  --help

The benches, each of which is a command of its own (npm run bench:<name>):
${NAMES.map((name) => `  ${name.padEnd(10)} ${BENCHES[name]}`).join('\n')}
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, {}, ['quick', 'update'], HELP, ['only']);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const unknown = flags.lists.only.filter((name) => !isName(name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no bench ${unknown}: ${NAMES.join(', ')}\n`);
    return 2;
  }
  const names = flags.lists.only.length > 0 ? NAMES.filter((name) => flags.lists.only.includes(name)) : NAMES;
  const outcomes: { name: Name; code: number; seconds: number }[] = [];
  for (const [index, name] of names.entries()) {
    console.log(`\n=== ${name} (${index + 1} of ${names.length}): ${BENCHES[name]}\n`);
    const startedAt = performance.now();
    const code = await run(name, [
      ...(flags.update ? ['--update'] : []),
      ...(flags.quick && HAS_QUICK.includes(name) ? ['--quick'] : []),
    ]);
    outcomes.push({ name, code, seconds: (performance.now() - startedAt) / 1000 });
  }
  console.log('');
  for (const { name, code, seconds } of outcomes) {
    console.log(`${name.padEnd(10)} ${code === 0 ? 'holds' : 'misses'} ${seconds.toFixed(0).padStart(6)} s`);
  }
  const missed = outcomes.filter(({ code }) => code !== 0);
  const minutes = outcomes.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  console.log(
    `\nbench: ${outcomes.length - missed.length} of ${outcomes.length} hold, in ${minutes.toFixed(1)} minutes`,
  );
  return missed.length === 0 ? 0 : 1;
}

function isName(name: string): name is Name {
  return (NAMES as readonly string[]).includes(name);
}

async function run(name: Name, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, `${name}.ts`), ...args], {
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
