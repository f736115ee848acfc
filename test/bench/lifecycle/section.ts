import { linesSvg } from '../report/lines.ts';
import { machineText } from '../report/machine.ts';
import { markdownTable } from '../report/section.ts';
import { type Spread, spreadOf, spreadText } from '../report/statistics.ts';
import type { LifecycleRecord, PartName } from './measure.ts';

export const BACKLOG_PLOT = 'performance/backlog.svg';

const integer = (value: number) => Math.round(value).toLocaleString('en');

/** What was measured of each part; a part that has not been is left out. */
export function lifecycleSection(record: Partial<LifecycleRecord>): string {
  const texts: { readonly [P in PartName]: (found: LifecycleRecord[P]['found']) => string } = {
    throughput: throughputText,
    contention: contentionText,
    backlog: backlogText,
    sizes: sizesText,
    logs: logsText,
    transfers: transfersText,
  };
  const part = <P extends PartName>(name: P) => {
    const measured = record[name];
    return measured ? [`${texts[name](measured.found)}\n\n${machineText(measured.machine)}.`] : [];
  };
  return [
    `\`npm start\` as a process of its own, asked over HTTP by another process on the same machine, whose time is in every figure: the
single machine with its embedded engines, not AWS. Medians, with the least and the most of the rounds in brackets; what is compared is measured by
turns, in the same order each round, and nothing is drawn by chance. Logs and large files are single runs: their figures have no rounds.`,
    ...(Object.keys(texts) as PartName[]).flatMap((name) => part(name)),
  ].join('\n\n');
}

function throughputText({
  lanes,
  requests,
  rounds,
  builds,
  whole,
  apart,
  clientCpuMs,
}: LifecycleRecord['throughput']['found']): string {
  const sum = [apart.databaseCpuMs, apart.queuesAndFilesCpuMs].reduce((all, { median }) => all + median, 0);
  const share = sum / (sum + apart.controllerCpuMs.median);
  const row = (name: string, perSecond: Spread, ...cpu: string[]) => [name, spreadText(perSecond, 1), ...cpu];
  return `### Whole builds

Address for the source, upload, submit, poll, download, heartbeat, ten lines of log, address for the result, upload, completion, download:
${requests} requests a build, ${lanes} at once; ${rounds} rounds by turns of ${builds} builds each. The processor's time is of one build, in ms. In the second row the engines are in processes of their own (the
database always is), so that what is left in the controller's is ours, with the SDK and Node: the engines take ${Math.round(100 * share)} % of the time that the
controller and they take together. Whoever asks takes ${clientCpuMs.median.toFixed(1)} ms more, on the same machine.

${markdownTable(
  ['engines', 'builds a second', 'database', 'queues and files', 'controller'],
  [
    row(
      'as `npm start` has them',
      whole.perSecond,
      whole.databaseCpuMs.median.toFixed(1),
      'in the controller',
      whole.controllerCpuMs.median.toFixed(1),
    ),
    row(
      'apart',
      apart.perSecond,
      apart.databaseCpuMs.median.toFixed(1),
      apart.queuesAndFilesCpuMs.median.toFixed(1),
      apart.controllerCpuMs.median.toFixed(1),
    ),
  ],
)}`;
}

function contentionText(all: LifecycleRecord['contention']['found']): string {
  return `### Contention

All workers poll at once, over one build (again and again; exactly one is given it, each time) and over many, each worker free again by the
report of a failure. Times are of a poll, from the request to the answer, the wait for the other polls included. The rounds of both rows are by
turns; polls are those of all rounds.

${markdownTable(
  ['workers', 'builds', 'rounds', 'grants a second', 'polls', 'told nothing', 'p50, ms', 'p99, ms'],
  all.map(({ pollers, builds, rounds, grantsPerSecond, polls, empty, p50Ms, p99Ms }) => [
    pollers,
    integer(builds),
    rounds,
    grantsPerSecond === undefined ? '–' : spreadText(grantsPerSecond, 0),
    integer(polls),
    integer(empty),
    spreadText(p50Ms, 0),
    spreadText(p99Ms, 0),
  ]),
)}`;
}

function backlogText(found: LifecycleRecord['backlog']['found']): string {
  const { builds, workers, submitsPerSecond, warmUp, tenths, cpuMs, ratios } = found;
  return `### A backlog

${integer(builds + warmUp)} builds wait before the first of ${workers} workers comes. Their records and messages are imported, because submits over HTTP would take
longer (${submitsPerSecond.toFixed(0)} a second). Each build is given out and then reported as failed. Given out before the count begins, to warm the controller up: ${integer(warmUp)}. The
${integer(builds)} after them are counted in tenths.

The last tenth is given out ${spreadText(spreadOf(ratios), 2)} times as fast as the first. Rounds, each with a new controller: ${ratios.length}. The ratio is of
the same round; the table and the plot have the medians.

${markdownTable(
  ['', ...tenths.map((_, index) => `${index + 1}`)],
  [
    ['grants a second, by tenth', ...tenths.map((rate) => rate.toFixed(0))],
    ["the processor's ms a grant", ...cpuMs.map((ms) => ms.toFixed(1))],
  ],
)}

![Grants a second over a backlog](${BACKLOG_PLOT})`;
}

function sizesText({ sizes, rounds, page, requests, restartMs, restarts }: LifecycleRecord['sizes']['found']): string {
  const [smallest = 0, ...larger] = sizes;
  const head = [
    'request',
    ...sizes.map((size) => `${integer(size)} builds, ms`),
    ...larger.map((size) => `${integer(size)} ÷ ${smallest}`),
    ...larger.map((size) => `CPU, ${integer(size)} ÷ ${smallest}`),
  ];
  const rows = requests.map(({ what, ms, ratios, cpuMs: [base = Number.NaN, ...cpuMs] }) => [
    what,
    ...ms.map(({ median }) => median.toFixed(2)),
    ...ratios.slice(1).map((ratio) => spreadText(ratio, 2)),
    ...cpuMs.map((each) => (each / base).toFixed(2)),
  ]);
  return `### How many builds there are

A controller for each size, all at once, asked by turns in ${rounds} rounds for pages of ${page}. Ratios are of the same round, those of the processor's time
(controller and database) of all rounds together. Of each ten builds six are of the platform and eight or nine in the state: with pages longer
than six the table of ten answers the narrower lists with fewer builds than the others do, and is quicker for that alone.

Restart: from the start of the process to the first answer to a list, in ms, ${restarts} times by turns.

${markdownTable(head, rows)}

${markdownTable(
  ['', ...sizes.map((size) => `${integer(size)} builds`)],
  [['restart, ms', ...restartMs.map((each) => spreadText(each, 0))]],
)}`;
}

function logsText(found: LifecycleRecord['logs']['found']): string {
  const { builds, seconds, linesPerSecond, lost, misplaced, p50Ms, p99Ms, beforeMiB, peakMiB } = found;
  return `### Logs

One run: ${integer(linesPerSecond)} lines a second from ${builds} builds for ${seconds} s, a batch a second from each; times are from the moment in which a batch was due. Afterwards every line is read
again.

${markdownTable(
  ['lines', 'lost', 'not in their place', 'batch p50, ms', 'p99, ms', 'memory before, MiB', 'at most, MiB'],
  [
    [
      integer(linesPerSecond * seconds),
      lost,
      misplaced,
      p50Ms.toFixed(0),
      p99Ms.toFixed(0),
      beforeMiB.toFixed(0),
      peakMiB.toFixed(0),
    ],
  ],
)}`;
}

function transfersText({ rows, growths }: LifecycleRecord['transfers']['found']): string {
  return `### Memory under large files

The controller's own memory at its most (the kernel's \`VmHWM\`, set back before each) while a file passes, once each; every file is compared with
what went in.

${markdownTable(
  ['way', 'MB', 'same bytes', 'up, MiB', 'down, MiB', 'seconds'],
  rows.map(({ way, size, isSame, upMiB, downMiB, seconds }) => [
    way,
    size / 1_000_000,
    isSame ? 'yes' : 'no',
    upMiB.toFixed(0),
    downMiB.toFixed(0),
    seconds.toFixed(1),
  ]),
)}

500 MB against 100 MB: ${growths.map(({ way, direction, growth }) => `${way} ${direction} ${growth.toFixed(2)} times`).join(', ')}.`;
}

export const backlogPlot = ({ tenths }: LifecycleRecord['backlog']['found']): string =>
  linesSvg({
    title: 'Grants a second over a backlog',
    x: 'tenth of the backlog',
    y: 'grants a second',
    series: [{ name: 'grants', points: tenths.map((rate, index) => [index + 1, rate] as const) }],
  });
