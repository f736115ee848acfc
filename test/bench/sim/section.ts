import { plotSvg } from '../report/plot.ts';
import { markdownTable } from '../report/section.ts';
import { BASE, NOW } from './paces.ts';
import { type PaceRow, type Row, type SimRecord, WEEKS_OF_A_PACE } from './run.ts';

const integer = (value: number) => value.toLocaleString('en');
const orDash = (value: number | undefined) => value ?? '–';

export function simSection({ rows, paces, settings }: SimRecord): string {
  return [
    `A model of events on the real rules (\`npm run bench:sim\`; \`test/bench/sim.json\`; seed ${settings.seed}): a poll takes ${settings.pollMs} ms and a
build ${settings.buildMinutes} minutes in the median, both inputs and no measurements; pushes come by working hours, each of them submits two builds on
average; workers build for one platform. USD are those of polls and builds by the counts above. Pickup is the time from submit to grant, in seconds; where
workers are too few for the busiest hours, builds wait for them and not for a poll. \`used\` is how much of the limit that is reached first the busiest stretch
takes, above 1 it is passed; – is where too few builds came in the stretch that was simulated; a fleet with the hint asks as the controller says, one without each 30 s. The
controller spreads the polls of those it knows; one execution environment is taken to know a whole fleet, up to 50 of it, and beyond chance spreads them.`,
    rowsTable(rows),
    '![How long builds wait](pickup.svg)',
    '![What a day costs](cost-a-day.svg)',
    '### The pace of polls',
    paceText(paces),
    paceTable(paces),
  ].join('\n\n');
}

function rowsTable(rows: readonly Row[]): string {
  const head = [
    'workers',
    'builds a day',
    'hint',
    'pickup p50',
    'p99',
    'polls a day',
    'USD a day',
    'first limit',
    'used',
    'raised by',
  ];
  return markdownTable(
    head,
    rows.map((row) => [
      integer(row.workers),
      integer(row.buildsPerDay),
      row.hint ? 'on' : 'off',
      orDash(row.p50),
      orDash(row.p99),
      integer(row.pollsPerDay),
      row.usdPerDay,
      row.limit,
      row.used,
      row.raisedBy,
    ]),
  );
}

function paceTable(paces: readonly PaceRow[]): string {
  const head = ['workers', 'builds a day', 'pause', 'pickup p50', 'p99', 'p50 ÷ each 5 s', 'polls ÷ each 5 s'];
  return markdownTable(
    head,
    paces.map(({ workers, buildsPerDay, pace, p50, p99, latency, cost }) => [
      workers,
      integer(buildsPerDay),
      pace,
      p50,
      p99,
      latency,
      cost,
    ]),
  );
}

export const WANTED = { latency: 1, cost: 0.3 } as const;

/** Which rule keeps both promises, if any does; the figures, not the hope. */
function paceText(paces: readonly PaceRow[]): string {
  const isBoth = ({ latency, cost }: PaceRow) => latency <= WANTED.latency && cost <= WANTED.cost;
  const now = paces.filter(({ pace }) => pace === NOW);
  const range = (values: readonly number[]) => `${Math.min(...values)} to ${Math.max(...values)}`;
  const rivals = paces.filter((row) => row.pace !== BASE && isBoth(row));
  const verdict =
    rivals.length > 0
      ? `Both at once is reached by: ${rivals.map(({ pace, workers }) => `${pace} (${workers} workers)`).join('; ')}.`
      : `None of these rules reaches both at once: who does not know when a build comes meets it by the polls of the whole fleet, so the p50 goes with
how often the fleet asks. What is left to win is to ask when builds are likely, which is what the controller does.`;
  return `Of ${WEEKS_OF_A_PACE} weeks. Wanted: the p50 of a poll each 5 s, or better, at ${WANTED.cost} of its polls. As it is now: ${range(now.map(({ cost }) => cost))} of the polls, ${range(now.map(({ latency }) => latency))} times the
p50. ${verdict}`;
}

/** By file name. */
export function simPlots({ rows }: SimRecord): Readonly<Record<string, string>> {
  const series = (figureOf: (row: Row) => number | undefined) =>
    [...new Set(rows.map(({ workers }) => workers))].flatMap((workers) =>
      [true, false].map((isOn) => ({
        name: `${integer(workers)} workers, hint ${isOn ? 'on' : 'off'}`,
        points: rows.flatMap((row): [number, number][] => {
          const value = figureOf(row);
          return row.workers === workers && row.hint === isOn && value ? [[row.buildsPerDay, value]] : [];
        }),
      })),
    );
  const x = 'builds a day';
  const plotted = (all: ReturnType<typeof series>) => all.filter(({ points }) => points.length > 0);
  return {
    'pickup.svg': plotSvg({
      title: 'How long builds wait, p50',
      x,
      y: 'seconds',
      series: plotted(series(({ p50 }) => p50)),
    }),
    'cost-a-day.svg': plotSvg({
      title: 'What a day costs',
      x,
      y: 'USD',
      series: plotted(series(({ usdPerDay }) => usdPerDay)),
    }),
  };
}
