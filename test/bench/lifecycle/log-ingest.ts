import { setTimeout as delay } from 'node:timers/promises';
import { atOnce } from '../../support/at-once.ts';
import { forgetPeak, peakMiB } from '../../support/process-memory.ts';
import { quantileOf } from '../report/statistics.ts';
import { ask, type BenchWorker, poll, submitMany } from './client.ts';
import { onStage, type Stage } from './stage.ts';

export interface LogIngest {
  readonly builds: number;
  readonly seconds: number;
  readonly linesPerSecond: number;
  /** Lines that were acknowledged and are not there, and those that are not where they belong. */
  readonly lost: number;
  readonly misplaced: number;
  /** Of a batch, from the moment in which it was due. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the controller's process: before, and the most that it was. */
  readonly beforeMiB: number;
  readonly peakMiB: number;
}

const BUILDS = 20;
const LINES_PER_SECOND = 1_000;
const LINES = LINES_PER_SECOND / BUILDS;

/** Each of the builds sends a batch a second, spread over the second. */
export const measureLogIngest = (seconds: number): Promise<LogIngest> =>
  onStage(async (stage) => {
    const { controller } = stage;
    const { http, pid } = controller;
    await submitMany(http, BUILDS, 4);
    const held = await atOnce(BUILDS, async (index) => {
      const worker = await http.register(`worker ${index}`);
      let { job } = await poll(http, worker);
      while (!job) ({ job } = await poll(http, worker));
      return { worker, buildId: String(job.id) };
    });
    forgetPeak(pid);
    const beforeMiB = peakMiB(pid);
    const startsAt = performance.now() + 500;
    const times = await Promise.all(
      held.map((each, index) => sendLines(stage, each, startsAt + (1000 * index) / BUILDS, seconds)),
    );
    const peak = peakMiB(pid);
    const seen = await Promise.all(held.map(({ buildId }) => readBack(stage, buildId)));
    const all = times.flat();
    const expected = Array.from({ length: seconds * LINES }, (_, line) => textOf(line));
    const missingFrom = (lines: ReadonlySet<string>) => expected.filter((line) => !lines.has(line)).length;
    return {
      builds: BUILDS,
      seconds,
      linesPerSecond: LINES_PER_SECOND,
      lost: seen.reduce((sum, lines) => sum + missingFrom(new Set(lines)), 0),
      misplaced: seen.reduce((sum, lines) => sum + lines.filter((line, at) => line !== expected[at]).length, 0),
      p50Ms: quantileOf(all, 0.5),
      p99Ms: quantileOf(all, 0.99),
      beforeMiB,
      peakMiB: peak,
    };
  });

interface Held {
  readonly worker: BenchWorker;
  readonly buildId: string;
}

const textOf = (line: number) => `line ${String(line).padStart(6, '0')} ${'of what a compiler says '.repeat(3)}`.trim();

async function sendLines({ controller: { http } }: Stage, { worker, buildId }: Held, from: number, seconds: number) {
  const times: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const dueAt = from + 1000 * second;
    await delay(Math.max(0, dueAt - performance.now()));
    const first_line = second * LINES;
    const logs = Array.from({ length: LINES }, (_, at) => ({ level: 'info', message: textOf(first_line + at) }));
    await ask(http, 'POST', `/api/builds/${buildId}/logs`, http.as(worker), { attempt: 1, first_line, logs });
    // A batch that had to wait for the one before it counts its wait.
    times.push(performance.now() - dueAt);
  }
  return times;
}

async function readBack({ controller: { http } }: Stage, buildId: string): Promise<string[]> {
  const lines: string[] = [];
  let query = '';
  for (;;) {
    const page = await ask(http, 'GET', `/api/builds/${buildId}/logs${query}`, http.key);
    lines.push(...page.logs.map(({ message }: { message: string }) => message));
    if (page.logs.length === 0 || !page.next_cursor) return lines.filter((line) => line.startsWith('line '));
    query = `?cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
