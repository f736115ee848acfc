import { markdownTable } from '../report/section.ts';
import { type Load, type PaceRow, type SweepRow, WANTED } from './compare.ts';
import { LIMITS } from './limits.ts';
import { SWEPT } from './paces.ts';
import { COST_PLOT, PICKUP_PLOT } from './plots.ts';
import { type DoubledRow, firstLimit, type Row, type SimRecord } from './run.ts';
import { type Measured, serviceOf, type SimSettings } from './service-times.ts';
import { loadText, missedPaces, rangeText, rulesThatDo } from './verdict.ts';

const integer = (value: number) => value.toLocaleString('en');

export function simSection({ rows, doubled, paces, rules, sweep, settings, measured }: SimRecord): string {
  return [
    `A model of events on the real rules (\`npm run bench:sim\`; \`test/bench/sim.json\`; seed ${settings.seed}). Nothing here was measured on AWS.`,
    `- Pushes come by working hours, few at night and on weekends. Each submits two builds on average.
- A build takes ${settings.buildMinutes} minutes in the median: an input. Workers build for one platform.
- The controller spreads the polls of those it knows. One execution environment is taken to know a whole fleet, up to 50 of it;
  beyond that, chance spreads them.
- Fleets with more builds than they can build in the busiest hour are left out, as builds then wait for workers and not for polls. So are those with fewer than
  a build a day for ten workers: they cost what idle workers cost, and too few builds come to say how long they wait.`,
    '### How long a poll takes',
    serviceText(settings, measured),
    doubledText(doubled),
    '### Fleets',
    `What the columns mean:

- **hint**: on, workers wait as long as the controller says; off, 30 s always.
- **pickup**: from submit to grant, in seconds. Where the busiest hours have more builds than workers, the wait for a worker is in it (seen in the p99).
- **hours**: how long was simulated: whole weeks of a fleet of up to 50 workers, of larger ones working hours alone (a Tuesday from ten o'clock). Repeated until 200
  builds were picked up, or ${integer(settings.mostPolls)} polls were simulated.
- **–**: too few builds were picked up to say (20 for a p50, 200 for a p99).
- **USD a day**: polls and builds, by the counts above.
- **first limit** and **used**: the limit of AWS or of our own settings that is nearest in the busiest hours, and how much of it is taken. 1 is all of it.
- **\\***: that limit is passed. The pickup holds only once it is raised; until then polls are refused.`,
    rowsTable(rows),
    passedText(rows),
    `![How long builds wait](${PICKUP_PLOT})`,
    `![What a day costs](${COST_PLOT})`,
    '### Limits',
    `How much of each limit a fleet takes, on that of its loads that takes the most. 1 is all of it; what is passed is bold. Units and requests are
those that \`npm run bench:cost\` counts, the writes of when a worker was last seen included; an execution is taken to last ${settings.lambdaMs} ms (assumed).
For calls a second of a standard queue AWS names no limit.`,
    limitsTable(rows),
    '### The pace of polls',
    `Wanted: the p50 of workers that poll each 5 s, or better, with ${WANTED.cost} of their polls. ${rangeText(paces)} ${missedText(paces)}`,
    `Loads are workers/builds a day; so many weeks of each were simulated. Where the few workers are mostly at work (1/20), builds wait for them, whatever the pace. “Evenly” is what no controller can do: it sees the whole fleet and gives all polls the same distance. It
shows what ${WANTED.cost} of the polls buy if they are spread over day and night.`,
    loadsTable(paces),
    `Other rules were tried on two of the loads. ${rulesText(rules)}`,
    pacesTable(rules),
    sweepText(sweep),
    sweepTable(sweep),
  ].join('\n\n');
}

const ms = (value: number) => `${Math.round(value)} ms`;

function serviceText(settings: SimSettings, measured: Measured): string {
  const { empty, grant } = measured;
  const { emptyPollMs, grantPollMs } = serviceOf(settings, measured);
  return `From a worker's request to its answer, in the median: ${ms(emptyPollMs)} if the poll finds nothing, ${ms(grantPollMs)} if it is given a build. That is:

- **measured** (\`npm run bench:handlers\`, engines that answer at once): the handler, ${empty.ms} and ${grant.ms} ms;
- **published**: a call of the table, ${settings.tableCallMs} ms, of which there are ${empty.tableCalls} and ${grant.tableCalls}. AWS says to expect single digits of milliseconds on average of calls such
  as GetItem and PutItem ([re:Post](https://repost.aws/knowledge-center/dynamodb-high-latency)); the upper end is taken, for a transaction too;
- **assumed**: a call of the queue, ${settings.queueCallMs} ms, of which there are ${empty.queueCalls} and ${grant.queueCalls}, and the way between worker and handler with the front door, ${settings.wayMs} ms. AWS
  publishes neither.`;
}

const doubledText = (doubled: readonly DoubledRow[]) =>
  `If all that is assumed took twice as long, the p50 of a pickup would go (workers/builds a day) ${doubled
    .map((row) => `from ${row.p50} to ${row.doubledP50} s (${loadText(row)})`)
    .join(', ')}.`;

const orDash = (value: number | undefined, isPassed: boolean) =>
  value === undefined ? '–' : `${value}${isPassed ? '\\*' : ''}`;

function rowsTable(rows: readonly Row[]): string {
  const head = ['workers', 'builds a day', 'hint', 'pickup p50', 'p99', 'hours', 'polls a day', 'USD a day'];
  return markdownTable(
    [...head, 'first limit', 'used'],
    rows.map((row) => {
      const { limit, share } = firstLimit(row);
      return [
        integer(row.workers),
        integer(row.buildsPerDay),
        row.hint ? 'on' : 'off',
        orDash(row.p50, share > 1),
        orDash(row.p99, share > 1),
        row.hours,
        integer(row.pollsPerDay),
        row.usdPerDay,
        limit?.what ?? '–',
        share,
      ];
    }),
  );
}

function passedText(rows: readonly Row[]): string {
  const passed = rows.filter(({ used }) => used.some((share) => share > 1));
  if (passed.length === 0) return 'No limit is passed.';
  const raised = LIMITS.flatMap(({ what, raisedBy }, index) => {
    const most = Math.max(...passed.map(({ used }) => used[index] ?? 0));
    return most > 1 ? [`${what} (${raisedBy}, ${most} times what it is)`] : [];
  });
  const fleets = [...new Set(passed.map(({ workers }) => integer(workers)))].join(', ');
  return `\\* Fleets of ${fleets} workers pass: ${raised.join('; ')}. Their pickup figures hold only once these are raised.`;
}

function limitsTable(rows: readonly Row[]): string {
  const fleets = [...new Set(rows.map(({ workers }) => workers))];
  return markdownTable(
    ['limit', 'allowed', ...fleets.map((workers) => `${integer(workers)} workers`), 'raised by'],
    LIMITS.map(({ what, allowed, raisedBy }, index) => {
      const shares = fleets.map((workers) => {
        const most = Math.max(...rows.filter((row) => row.workers === workers).map(({ used }) => used[index] ?? 0));
        return most > 1 ? `**${most}**` : most;
      });
      return [what, integer(allowed), ...shares, raisedBy];
    }),
  );
}

function missedText(paces: readonly PaceRow[]): string {
  const missed = missedPaces(paces);
  return missed.length === 0 ? 'Both are reached on every load.' : `Missed: ${missed.join('; ')}.`;
}

function rulesText(rules: readonly PaceRow[]): string {
  const doing = rulesThatDo(rules);
  if (doing.length > 0) return `Both at once, on both loads, is reached by: ${doing.join('; ')}.`;
  return `None of them reaches both at once on both: who does not know when a build comes meets it by the polls of the whole fleet, so the p50 goes
with how often the fleet asks. What is left to win is to ask when builds are likely, which is what the controller does.`;
}

const figures = ({ p50, p99, latency, cost }: PaceRow) => [p50, p99, latency, cost];
const FIGURES = ['pickup p50', 'p99', 'p50 ÷ each 5 s', 'polls ÷ each 5 s'];

const loadsTable = (rows: readonly PaceRow[]) =>
  markdownTable(
    ['load', 'weeks', 'pause', ...FIGURES],
    rows.map((row) => [loadText(row), row.weeks, row.pace, ...figures(row)]),
  );

const pacesTable = (rows: readonly PaceRow[]) =>
  markdownTable(
    ['load', 'pause', ...FIGURES],
    rows.map((row) => [loadText(row), row.pace, ...figures(row)]),
  );

/** Which of the numbers that were tried are quickest within the polls that are wanted. */
function sweepText(sweep: readonly SweepRow[]): string {
  const present = SWEPT[0]?.name;
  const isOf = (row: SweepRow, of: Load) => row.workers === of.workers && row.buildsPerDay === of.buildsPerDay;
  const loads = sweep.filter(({ pace }) => pace === present);
  const said = loads.map((now) => {
    const better = sweep.filter((row) => isOf(row, now) && row.cost <= WANTED.cost && row.latency < now.latency);
    const beside = better.map((row) => `${numbersText(row)} (${row.latency} of the p50, ${row.cost} of the polls)`);
    if (now.cost > WANTED.cost) return `on ${loadText(now)} the present ones take ${now.cost} of the polls`;
    return better.length === 0
      ? `on ${loadText(now)} none that keeps to ${WANTED.cost} of the polls is quicker than the present ones`
      : `on ${loadText(now)} quicker than the present ones, and within ${WANTED.cost} of the polls: ${beside.join('; ')}`;
  });
  return `The numbers of the present rule, one at a time: for how long after a build another is likely (min), the pause of the whole fleet while it is, and the
shortest of a worker (s). The first row of a load is the present rule. Of those tried, ${said.join('; ')}.`;
}

const minutes = (value: number) => value / 60_000;
const seconds = (value: number) => (value / 1000).toFixed(1);
const numbersText = ({ swept }: SweepRow) =>
  `${minutes(swept.likelyMs)} min, ${seconds(swept.gapMs)} s, ${seconds(swept.quickestMs)} s`;

const sweepTable = (sweep: readonly SweepRow[]) =>
  markdownTable(
    ['load', 'likely, min', 'fleet, s', 'worker, s', ...FIGURES],
    sweep.map((row) => [
      loadText(row),
      minutes(row.swept.likelyMs),
      seconds(row.swept.gapMs),
      seconds(row.swept.quickestMs),
      ...figures(row),
    ]),
  );
