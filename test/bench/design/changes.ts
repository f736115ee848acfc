import { allOf, logsPrice, PLATFORM_LINES, priceOf } from '../cost/bill.ts';
import { times } from '../cost/counts.ts';
import { BYTES_PER_GB, PRICES } from '../cost/prices.ts';
import { DEFAULTS } from '../cost/settings.ts';
import { NOW } from '../handlers/measure.ts';
import { markdownTable } from '../report/section.ts';
import { NOW as PACE_NOW } from '../sim/paces.ts';
import type { BundleChange } from './old-bundles.ts';
import type { Results } from './rows.ts';

/** What `npm run bench:changes` measures itself; the rest is of the other benches' records. */
export interface ChangesRecord {
  readonly bundles: readonly BundleChange[];
}

interface ChangeRow {
  readonly change: string;
  readonly before: string;
  readonly after: string;
  readonly how: string;
}

/** What was changed for speed and cost, of whatever was measured. */
export const changeRows = (results: Results): ChangeRow[] =>
  [following, telemetry, platformLines, paces, handlers, bundles].flatMap((rows) => rows(results));

type Rows = (results: Results) => ChangeRow[];

const usd = (value: number) => `${value.toFixed(3)} USD`;

const following: Rows = ({ cost }) => {
  const [before, after] = [cost?.builds['restless'], cost?.builds['followed']].map(
    (build) => build && usd(1000 * priceOf(allOf(build.steps), DEFAULTS)),
  );
  if (!before || !after) return [];
  const change =
    'worker and follower of a log that is written all the time slow down as the build goes on: 1,000 builds';
  return [{ change, before, after, how: '`bench:cost`, counted' }];
};

const telemetry: Rows = ({ cost }) => {
  const step = cost?.builds['telemetry']?.steps['telemetry'];
  if (!step) return [];
  const written = step.counts.calls['dynamodb.UpdateItem'] ?? 0;
  const each = times(step.counts, step.times / written);
  const all = { ...step.counts, writeUnits: each.writeUnits, indexUnits: each.indexUnits };
  return [
    {
      change: `telemetry each 5 s: ${step.times - written} of ${step.times} posts are answered without a call: those of 1,000 builds`,
      before: usd(1000 * priceOf(all, DEFAULTS)),
      after: usd(1000 * priceOf(step.counts, DEFAULTS)),
      how: '`bench:cost`, counted; before: as if each post were written as the others are',
    },
  ];
};

const platformLines: Rows = ({ cost }) => {
  const plain = cost?.builds['plain'];
  if (!plain) return [];
  const counts = times(allOf(plain.steps), 1000);
  const lines = (counts.invocations * PLATFORM_LINES * PRICES.logGb) / BYTES_PER_GB;
  return [
    {
      change: "Lambda's own lines about each invocation are not logged: logs of 1,000 builds",
      before: usd(logsPrice(counts) + lines),
      after: usd(logsPrice(counts)),
      how: `\`bench:cost\`, counted; before: with the ${PLATFORM_LINES} bytes of START, END and REPORT`,
    },
  ];
};

const paces: Rows = ({ sim }) =>
  (sim?.rules ?? [])
    .filter(({ pace }) => pace.startsWith('before: '))
    .flatMap((before) => {
      const after = sim?.rules.find(
        ({ pace, workers, buildsPerDay }) =>
          pace === PACE_NOW && workers === before.workers && buildsPerDay === before.buildsPerDay,
      );
      if (!after) return [];
      const text = ({ p50, cost }: typeof after) => `p50 ${p50} s, polls ${cost} of those each 5 s`;
      return [
        {
          change: `pace of polls, ${before.workers} workers, ${before.buildsPerDay.toLocaleString('en')} builds a day; ${before.pace}`,
          before: text(before),
          after: text(after),
          how: '`bench:sim`, both in the same simulation',
        },
      ];
    });

/** Between two revisions lies a change; after the last of them, the project as it is. */
const handlers: Rows = ({ handlers: record }) =>
  (record?.revisions ?? []).map(({ rev, name }) => {
    const ratios = (variant: string) =>
      (record?.steps ?? [])
        .flatMap(({ step, variants }) => {
          const found = variants[variant];
          return found ? [`${step} ${found.wall.median.toFixed(2)}, CPU ${found.cpu.median.toFixed(2)}`] : [];
        })
        .join('; ');
    return {
      change: `handlers against the bare calls they make; ${name} (\`${rev}\`)`,
      before: ratios(name),
      after: ratios(NOW),
      how: '`bench:handlers`, by turns in the same run; after: as they are now',
    };
  });

const bundles: Rows = ({ changes }) =>
  (changes?.bundles ?? []).map(({ rev, change, before, after }) => {
    const text = (bytes: typeof before) =>
      Object.entries(bytes)
        .map(([file, size]) => `${file} ${size.toLocaleString('en')} bytes`)
        .join('; ');
    return {
      change: `${change} (\`${rev}\`)`,
      before: text(before),
      after: text(after),
      how: '`bench:changes`, the revisions before and after, with the packages of now',
    };
  });

export const changesSection = (results: Results): string =>
  `Each change that was made for speed or cost and can be shown by a command; what a bundle lost was spent again since, on what functions
can do more by now.

${markdownTable(
  ['change', 'before', 'after', 'how measured'],
  changeRows(results).map(({ change, before, after, how }) => [change, before, after, how]),
)}`;
