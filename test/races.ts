import { parseArgs } from 'node:util';
import { takeProblems } from './support/check-answers.ts';
import { type FaultyController, startFaultyController } from './support/fault-controller.ts';
import { race, unansweredPolls, type Verdict } from './support/fault-race.ts';

const HELP = `Runs the proofs with which the old controller's race was found, many times in a row, over HTTP:
  20 workers poll at once for 10 builds; 10 workers poll at once for 1 build; a poll while the database never answers.
There is a message for each worker, copies included (SQS may deliver twice). After each, the table is held against what
the workers were told. Ends with 1 if anything was not as it must be.

Usage: npm run test:races [-- --runs N]     (100)
`;

/** What the old controller promised for a poll whose database hangs. */
const ANSWER_WITHIN_MS = 6_000;

/** An unanswered poll takes seconds: those of several runs wait together. */
const RUNS_AT_ONCE = 5;

interface Score {
  passed: number;
  doubles: number;
  lost: number;
  slowestMs: number;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (typeof asked === 'string') {
    (asked === HELP ? process.stdout : process.stderr).write(asked);
    return asked === HELP ? 0 : 2;
  }
  const { runs } = asked;
  silenceFunctions();
  const startedAt = performance.now();
  const controller = await startFaultyController();
  try {
    const score = await runAll(controller, runs);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${runs * 30} polls for ${runs * 11} builds, ${runs} polls without a database, in ${seconds} s`);
    console.log(
      `races: ${score.passed}/${runs} runs · ${score.doubles} double assignments · ${score.lost} lost · slowest unanswered poll ${(score.slowestMs / 1000).toFixed(1)} s`,
    );
    const undescribed = takeProblems();
    for (const each of undescribed) console.error(each);
    return score.passed === runs && undescribed.length === 0 ? 0 : 1;
  } finally {
    await controller.close();
  }
}

/** What is to be said instead of running, or how often to run. */
function readArguments(args: string[]): string | { runs: number } {
  try {
    const options = { runs: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    const { values } = parseArgs({ args, options });
    if (values.help) return HELP;
    const runs = Number(values.runs ?? 100);
    return Number.isInteger(runs) && runs > 0 ? { runs } : '--runs must be a whole number from 1\n';
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')))
      throw error;
    return `${error.message}\n`;
  }
}

async function runAll(controller: FaultyController, runs: number): Promise<Score> {
  const score: Score = { passed: 0, doubles: 0, lost: 0, slowestMs: 0 };
  for (let done = 0; done < runs; ) {
    const count = Math.min(RUNS_AT_ONCE, runs - done);
    const broken = new Set<number>();
    for (let run = done + 1; run <= done + count; run++) {
      for (const [builds, workers] of [[10, 20] as const, [1, 10] as const]) {
        await controller.reset();
        const verdict = await race(controller, builds, workers);
        if (!note(score, `run ${run}, ${workers} workers for ${builds} builds`, verdict)) broken.add(run);
      }
    }
    await controller.reset();
    const { ms, ...verdict } = await unansweredPolls(controller, count);
    const slow = ms.filter((each) => each >= ANSWER_WITHIN_MS).map((each) => `a poll took ${Math.round(each)} ms`);
    const isFine = note(score, `runs ${done + 1} to ${done + count}, unanswered polls`, {
      ...verdict,
      faults: [...verdict.faults, ...slow],
    });
    done += count;
    // Which of the runs that waited together it was cannot be told: none of them has passed.
    score.passed += isFine ? count - broken.size : 0;
    score.slowestMs = Math.max(score.slowestMs, ...ms);
    console.log(`${done} of ${runs} runs`);
  }
  return score;
}

/** Counts and prints what was wrong. True: nothing was. */
function note(score: Score, what: string, { doubles, lost, faults }: Verdict): boolean {
  score.doubles += doubles;
  score.lost += lost;
  const counted = [
    ...(doubles > 0 ? [`${doubles} double assignments`] : []),
    ...(lost > 0 ? [`${lost} builds lost`] : []),
  ];
  const wrong = [...counted, ...faults];
  if (wrong.length > 0) console.error(`${what}: ${wrong.join('; ')}`);
  return wrong.length === 0;
}

/** The functions log to standard output, as on Lambda; here they would bury what is to be read. */
function silenceFunctions(): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) =>
    chunk.toString().startsWith('{"time":') || write(chunk, ...rest)) as typeof process.stdout.write;
}
