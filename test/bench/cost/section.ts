import { TARGETS } from '../design/targets.ts';
import { markdownTable } from '../report/section.ts';
import {
  ACCESS_LINE_BYTES,
  allOf,
  type Bill,
  billOf,
  egressPrice,
  idleMonth,
  logsPrice,
  platformBytes,
  priceOf,
  restMonth,
  totalOf,
} from './bill.ts';
import { type Counts, NOTHING, times } from './counts.ts';
import type { Step } from './meter.ts';
import { DAYS_PER_MONTH, PRICES } from './prices.ts';
import type { CostRecord } from './record.ts';
import { type Assumptions, DEFAULTS } from './settings.ts';

/**
 * The least that one could ask for: one write for each thing that must be remembered (a batch of 4 KB is four), no index,
 * no transaction, nobody who asks for the status.
 */
const FLOOR: Counts = { ...NOTHING, requests: 45, invocations: 45, writeUnits: 103, messages: 3, puts: 2 };

/** The design's own estimate (B) of a build whose machine posts telemetry each 5 s. */
const DESIGN_WITH_TELEMETRY: Counts = {
  ...NOTHING,
  requests: 165,
  invocations: 165,
  writeUnits: 112,
  messages: 3,
  puts: 2,
};

const cents = (usd: number) => usd.toFixed(3);
const share = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`;

/** USD. The design's figures are without logs, and so is what is held against them. */
export interface Verdict {
  readonly what: string;
  readonly usd: number;
  readonly logs: number;
  readonly target: number;
  readonly excuse?: string | undefined;
  /** What may be excused at most: dearer than that is missed, whatever the excuse. */
  readonly excusedUsd?: number | undefined;
}

export const isMissed = ({ usd, target }: Verdict) => usd > target;
export const isExcused = ({ usd, excuse, excusedUsd = 0 }: Verdict) => excuse !== undefined && usd <= excusedUsd;

export function verdicts(record: CostRecord, assumptions: Assumptions): Verdict[] {
  const builds = Object.values(record.builds).map((measured) => {
    const counts = times(allOf(measured.steps), 1000);
    return {
      what: `1,000 builds of ${measured.settings.minutes} minutes: ${measured.title}`,
      usd: priceOf(counts, assumptions),
      logs: logsPrice(counts),
      target: TARGETS.usdPer1000Builds,
      excuse: measured.excuse,
      excusedUsd: measured.excusedUsd,
    };
  });
  const idle = idleMonth(record);
  return [
    ...builds,
    {
      what: `a month of a worker that polls each ${record.idleHour.pollSeconds} s and finds nothing`,
      usd: priceOf(idle, assumptions),
      logs: logsPrice(idle),
      target: TARGETS.usdPerIdleWorkerMonth,
    },
  ];
}

/** What `telemetry` takes more than `plain`, and more than the least design with the same posts, in words. */
export function telemetryText({ builds }: CostRecord): string[] {
  const [plain, telemetry] = [builds['plain'], builds['telemetry']];
  if (!plain || !telemetry) return [];
  const [without, posted] = [plain, telemetry].map(({ steps }) => partsOf(times(allOf(steps), 1000)));
  const design = partsOf(times(DESIGN_WITH_TELEMETRY, 1000));
  if (!without || !posted) return [];
  const text = (before: Parts) =>
    Object.entries(before)
      .map(([part, value]) => [part, posted[part as keyof Parts] - value] as const)
      .filter(([, more]) => Math.abs(more) >= 0.0005)
      .map(([part, more]) => `${part} ${cents(more)}`)
      .join(', ');
  return [
    `of telemetry each 5 s, more than without it: ${text(without)}; more than the ${cents(totalOfParts(design))} of the design with the same posts: ${text(design)}`,
  ];
}

type Parts = Readonly<Record<'requests' | 'writes' | 'reads, queues and files', number>>;
const totalOfParts = (parts: Parts) => Object.values(parts).reduce((so, each) => so + each, 0);

function partsOf(counts: Counts): Parts {
  const bill = billOf(counts, DEFAULTS);
  const requests = bill['API Gateway'] + bill['Lambda, requests'] + bill['Lambda, time'];
  const writes = bill['DynamoDB, writes'] + bill['DynamoDB, writes of indexes'];
  return { requests, writes, 'reads, queues and files': totalOf(bill) - requests - writes };
}

/** The section of `docs/performance.md`, made of nothing but what was recorded and the prices. */
export function costSection(record: CostRecord, assumptions: Assumptions): string {
  return [
    `List prices of ${PRICES.region} as of ${PRICES.readOn}, without free tiers, in USD. Calls, units and bytes are counted in the SDK's
middleware on the embedded engines (\`npm run bench:cost\`; \`test/bench/cost.json\`); that the database engine counts by AWS's published
rules is a test (\`test/bench/cost/capacity.test.ts\`). Assumed, not measured: a function runs ${assumptions.lambdaMs} ms for a request;
Lambda's own lines take ${platformBytes()} bytes of log for each.`,
    verdictTable(record, assumptions),
    '### Where it goes, of 1,000 builds',
    partsTable(record, assumptions),
    floorText(record, assumptions),
    '### Step by step, of one build',
    stepsTable(record.builds['plain']?.steps ?? {}, assumptions),
    settingsText(record),
    '### Beside the builds',
    besideTable(record, assumptions),
  ].join('\n\n');
}

function verdictTable(record: CostRecord, assumptions: Assumptions): string {
  const rows = verdicts(record, assumptions).map((verdict) => {
    const { what, usd, logs, target, excuse } = verdict;
    return [
      what,
      cents(usd),
      cents(target),
      isMissed(verdict) ? `no${excuse ? `: ${excuse}` : ''}` : 'yes',
      cents(logs),
    ];
  });
  return markdownTable(['what', 'USD', 'at most', 'met', 'and logs'], rows);
}

function partsTable({ builds }: CostRecord, assumptions: Assumptions): string {
  const all = Object.entries(builds).map(([kind, measured]) => ({ kind, counts: times(allOf(measured.steps), 1000) }));
  const names = Object.keys(billOf(NOTHING, assumptions)) as (keyof Bill)[];
  const cells = (usdOf: (counts: Counts) => number) =>
    all.flatMap(({ counts }) => {
      const value = usdOf(counts);
      return [cents(value), share(value, totalOf(billOf(counts, assumptions)) + logsPrice(counts))];
    });
  return markdownTable(
    ['', ...all.flatMap(({ kind }) => [kind, ''])],
    [
      ...names.map((name) => [name, ...cells((counts) => billOf(counts, assumptions)[name])]),
      ['logs', ...cells(logsPrice)],
      ['all', ...cells((counts) => totalOf(billOf(counts, assumptions)) + logsPrice(counts))],
    ],
  );
}

function floorText(record: CostRecord, assumptions: Assumptions): string {
  const floor = 1000 * priceOf(FLOOR, assumptions);
  const plain = record.builds['plain'];
  const ours = plain ? 1000 * priceOf(allOf(plain.steps), assumptions) : 0;
  const parts = Object.entries(billOf(times(FLOOR, 1000), assumptions)).filter(([, usd]) => usd > 0);
  const idle = idleMonth(record);
  const idleFloor = priceOf(
    { ...NOTHING, requests: idle.requests, invocations: idle.requests, messages: idle.requests },
    assumptions,
  );
  const idleUsd = priceOf(idle, assumptions);
  return `The least that this could cost on an HTTP API (${FLOOR.requests} requests, ${FLOOR.writeUnits} write units: no index, no transaction, nobody who
asks for the status) is ${cents(floor)}; without logs ours is ${cents(ours)}, ${(ours / floor).toFixed(2)} times that. The least is made of: ${parts
    .map(([part, usd]) => `${part} ${cents(usd)}`)
    .join(', ')}.
The least of a month of an idle worker, whose polls look into the queue and nowhere else, is ${cents(idleFloor)}; ours is ${cents(idleUsd)}, ${(idleUsd / idleFloor).toFixed(2)} times that.`;
}

function settingsText({ builds }: CostRecord): string {
  const rows = Object.entries(builds).map(([kind, { settings }]) => [
    kind,
    settings.minutes,
    settings.heartbeatSeconds,
    settings.slowsDown ? `${settings.logSeconds} at first, then 3` : settings.logSeconds,
    settings.logBytes,
    settings.telemetrySeconds || '–',
    settings.statusSeconds || '–',
    settings.slowsDown ? `${settings.followSeconds} at first, then 3` : settings.followSeconds || '–',
  ]);
  const head = [
    'kind of build',
    'minutes',
    'heartbeat s',
    'log s',
    'log bytes',
    'telemetry s',
    'status s',
    'log read s',
  ];
  return `Its steps are those of \`plain\`. What each kind of build does, and how often:\n\n${markdownTable(head, rows)}`;
}

function stepsTable(steps: Readonly<Record<string, Step>>, assumptions: Assumptions): string {
  const row = (step: string, { times: count, counts }: Step, calls: string) => [
    step,
    count,
    calls,
    round(counts.writeUnits / count),
    round(counts.indexUnits / count),
    round(counts.readUnits / count),
    round(counts.messages / count),
    round((counts.puts + counts.gets) / count),
    round((counts.invocations * assumptions.lambdaMs) / count),
    Math.round(counts.bytesIn / count),
    Math.round(counts.bytesOut / count),
    cents(1000 * priceOf(counts, assumptions)),
  ];
  const callsOf = ({ times: count, counts }: Step) =>
    Object.entries(counts.calls)
      .map(([call, sum]) => `${round(sum / count)} ${call.split('.')[1]}`)
      .join(', ');
  const whole = { times: 1, counts: allOf(steps) };
  const rows = [
    ...Object.entries(steps).map(([name, step]) => row(name, step, callsOf(step))),
    row('the whole build', whole, callsOf(whole)),
  ];
  const head = [
    'step',
    'times',
    'calls, each time',
    'write units',
    'of them indexes',
    'read units',
    'SQS',
    'S3',
    'Lambda ms',
    'bytes in',
    'bytes out',
    'USD in 1,000 builds',
  ];
  return markdownTable(head, rows);
}

const round = (value: number) => Number(value.toFixed(2));

function besideTable(record: CostRecord, assumptions: Assumptions): string {
  const idle = idleMonth(record);
  const rest = restMonth(record, assumptions);
  const { sourceMb, resultMb } = assumptions;
  const poll = allOf(record.idleHour.steps);
  return markdownTable(
    ['what', 'USD'],
    [
      [
        `a month (${DAYS_PER_MONTH} days) of an idle worker's logs: ${Math.round(poll.logBytes / poll.requests)} bytes a poll from the function, about ${ACCESS_LINE_BYTES} from the front door`,
        cents(logsPrice(idle)),
      ],
      ['a month at rest: what the schedule starts each minute', cents(rest.schedule)],
      ["a month at rest: the dead letters' mapping asks its queue", cents(rest.mapping)],
      [`a month at rest: ${rest.alarmCount} alarms`, cents(rest.alarms)],
      [
        `1,000 builds: ${sourceMb} MB of source and ${resultMb} MB of result leave AWS`,
        cents(1000 * egressPrice(assumptions)),
      ],
    ],
  );
}
