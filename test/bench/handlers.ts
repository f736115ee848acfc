import { TARGETS } from './design/targets.ts';
import { measureHandlers } from './handlers/measure.ts';
import { profileHandlers } from './handlers/profile.ts';
import { BEFORE_CHANGES, knownRevisions, type Revision } from './handlers/revision.ts';
import { flameGraphName, type HandlersRecord, handlersSection, missedRatios } from './handlers/section.ts';
import { flameGraphSvg } from './report/flame-graph.ts';
import { describeMachine } from './report/machine.ts';
import { readFlags } from './report/numbers.ts';
import { roundedAll, writePlot } from './report/results.ts';
import { update } from './report/update.ts';

const HELP = `Measures the handlers of polls, heartbeats and submits against the bare calls of the SDK that they make, the engines answering
at once, and shows where their time goes. Ends with 1 if a handler takes more than ${TARGETS.pollRatio} times as long as its calls.

Usage: npm run bench:handlers [-- flags]
  --against <rev=words>  measures the handlers of that revision of git too, in the same run; may be repeated, oldest first;
                         without it those before each change that was made for speed, where git has them
  --quick                a tenth of the rounds, and no revision that is not asked for; not with --update
  --update               writes test/bench/handlers.json, the section of docs/performance.md and its flame graphs
  --json                 the figures instead of the tables
  --help

Inputs, with their defaults:
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, { rounds: 60, calls: 25, profiledCalls: 4_000 }, ['quick', 'update', 'json'], HELP, [
    'against',
  ]);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const { calls, profiledCalls } = flags.numbers;
  const settings = { rounds: flags.quick ? Math.ceil(flags.numbers.rounds / 10) : flags.numbers.rounds, calls };
  const revisions = flags.lists.against.length > 0 ? flags.lists.against.map(toRevision) : await before(flags.quick);
  if (flags.update && flags.lists.against.length === 0 && revisions.length < BEFORE_CHANGES.length) {
    process.stderr.write('handlers: without those revisions nothing is written down: is this a shallow clone?\n');
    return 1;
  }
  const machine = describeMachine();
  const say = (what: string) => (step: string) => console.error(`${what}: ${step}`);
  const steps = await measureHandlers(settings, revisions, say('handler'));
  const profiled = await profileHandlers(flags.quick ? profiledCalls / 10 : profiledCalls, say('profile'));
  const profiles = profiled.map(({ step, shares }) => ({ step, shares }));
  const record: HandlersRecord = roundedAll({ machine, settings, revisions, steps, profiles });
  if (flags.update) {
    update('handlers', record, handlersSection(record));
    for (const { step, tree } of profiled) {
      const title = `${step}: where its time goes`;
      writePlot(flameGraphName(step), flameGraphSvg(title, tree));
    }
  }
  console.log(flags.json ? JSON.stringify(record, undefined, 2) : handlersSection(record));
  const missed = missedRatios(record.steps);
  console.log(
    `\nhandlers: ${steps.length - missed.length} of ${steps.length} within ${TARGETS.pollRatio} times their calls${missed.map((each) => `; ${each}`).join('')}`,
  );
  return missed.length === 0 ? 0 : 1;
}

async function before(isQuick: boolean): Promise<readonly Revision[]> {
  if (isQuick) return [];
  const known = await knownRevisions(BEFORE_CHANGES);
  if (known.length < BEFORE_CHANGES.length) console.error('handlers: git has not all revisions to compare with here');
  return known;
}

/** `abc123=before that`. */
function toRevision(text: string): Revision {
  const [rev = '', name = rev] = text.split(/=(.*)/s);
  return { rev, name };
}
