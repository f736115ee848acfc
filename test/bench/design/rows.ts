import { verdicts } from '../cost/section.ts';
import type { Step } from '../cost/meter.ts';
import type { CostRecord } from '../cost/record.ts';
import { DEFAULTS } from '../cost/settings.ts';
import { usesS3 } from '../cold/budget.ts';
import { BARE } from '../cold/measure.ts';
import type { ColdRun } from '../cold/section.ts';
import { FUNCTIONS } from '../../../infra/functions.ts';
import type { HandlersRecord } from '../handlers/section.ts';
import type { LifecycleRecord } from '../lifecycle/measure.ts';
import { largestRatio } from '../lifecycle/verdicts.ts';
import type { Lost } from '../lost/lose-workers.ts';
import { findResult } from '../report/results.ts';
import { flatWithin, TARGETS } from './targets.ts';

/** A row of the design's table of what it must cost and hold, with what was measured. */
export interface DesignRow {
  readonly what: string;
  readonly target: string;
  /** Absent: nothing was measured yet. */
  readonly found?: string;
  readonly isMet?: boolean;
  /** Where it is not met: why, and what was tried. */
  readonly cause?: string;
}

export interface Results {
  readonly cost: CostRecord | undefined;
  readonly cold: ColdRun | undefined;
  readonly handlers: HandlersRecord | undefined;
  readonly lifecycle: Partial<LifecycleRecord> | undefined;
  readonly lost: Lost | undefined;
}

export const findResults = (): Results => ({
  cost: findResult('cost'),
  cold: findResult('cold'),
  handlers: findResult('handlers'),
  lifecycle: findResult('lifecycle'),
  lost: findResult('lost'),
});

type Row = (results: Results) => DesignRow;

/** In the design's order. */
export const designRows = (results: Results): DesignRow[] =>
  [calls, builds, idle, handler, throughput, backlog, sizes, memory, bundles, lost].map((row) => row(results));

/** What the design has each step ask, each once. */
const DESIGNED: Readonly<Record<string, readonly string[]>> = {
  'poll that finds nothing': ['dynamodb.GetItem', 'sqs.ReceiveMessage', 'dynamodb.UpdateItem'],
  'poll that is given a build': [
    'dynamodb.GetItem',
    'dynamodb.TransactWriteItems',
    'sqs.DeleteMessage',
    'sqs.ReceiveMessage',
  ],
  heartbeat: ['dynamodb.UpdateItem'],
  completion: ['dynamodb.TransactWriteItems'],
};

/** What came after it, why, and what was done about it. */
const REASONS: Readonly<Record<string, string>> = {
  'poll that is given a build: GetItem':
    'whether builds of the platform are held back; asked by an environment once a second at most instead of by each assignment, and not in the transaction, where all assignments of a platform would meet in one item',
  'poll that is given a build: Query':
    'whether a build of higher priority waits; asked by an environment once in 5 s at most instead of by each assignment, and by no poll that finds no message',
  'completion: HeadObject':
    "whether the result's bytes are there, in S3; without it a completion is confirmed whose file never came, and no other call says so",
};

const calls: Row = ({ cost }) => {
  const row = {
    what: 'AWS calls, counted',
    target:
      'poll that finds nothing: 1 GetItem, 1 ReceiveMessage, a lastSeen write a minute at most; assignment: 1 TransactWriteItems and 1 DeleteMessage more; heartbeat: 1 UpdateItem, 1 write unit; completion: 1 TransactWriteItems; nothing scans',
  };
  if (!cost) return row;
  const steps = { ...cost.builds['plain']?.steps, ...cost.idleHour.steps };
  const groups = [...Object.values(cost.builds).map((build) => build.steps), cost.idleHour.steps, cost.restMinute];
  const all = groups.flatMap((group) => Object.values(group));
  const scans = all.flatMap(({ counts }) => Object.keys(counts.calls)).filter((call) => call.endsWith('.Scan'));
  const beyond = Object.entries(DESIGNED).flatMap(([name, designed]) => callsBeyond(name, steps[name], designed));
  const text = Object.keys(DESIGNED).map((name) => `${name}: ${callsText(steps[name])}`);
  const beat = steps['heartbeat'];
  const units = beat ? beat.counts.writeUnits / beat.times : Number.NaN;
  return {
    ...row,
    found: `${text.join('; ')}; ${scans.length} scans`,
    isMet: beyond.length === 0 && scans.length === 0 && units === 1,
    ...(beyond.length > 0 && {
      cause: beyond.map((each) => `${each} (${REASONS[each] ?? 'nobody knows why'})`).join('; '),
    }),
  };
};

const callsText = (step: Step | undefined) =>
  step
    ? Object.entries(step.counts.calls)
        .map(([call, sum]) => `${Number((sum / step.times).toFixed(2))} ${call.split('.')[1]}`)
        .join(', ')
    : 'not counted';

const callsBeyond = (name: string, step: Step | undefined, designed: readonly string[]): string[] =>
  Object.entries(step?.counts.calls ?? {})
    .filter(([call, sum]) => !designed.includes(call) || sum > (step?.times ?? 0))
    .map(([call]) => `${name}: ${call.split('.')[1]}`);

const usd = (value: number) => value.toFixed(3);

const builds: Row = ({ cost }) => {
  const row = { what: 'USD for 1,000 builds of ten minutes', target: `≤ ${TARGETS.usdPer1000Builds.toFixed(2)}` };
  const all = cost ? verdicts(cost, DEFAULTS).slice(0, -1) : [];
  const [own] = all;
  if (!own) return row;
  const others = all.slice(1).map(({ what, usd: price }) => `${usd(price)} (${what.replace(/^[^:]*: /, '')})`);
  return { ...row, found: `${usd(own.usd)}; ${others.join(', ')}`, isMet: own.usd <= own.target };
};

const idle: Row = ({ cost }) => {
  const row = {
    what: 'USD for a month of an idle worker, a poll each 30 s',
    target: `≤ ${TARGETS.usdPerIdleWorkerMonth}`,
  };
  const verdict = cost && verdicts(cost, DEFAULTS).at(-1);
  return verdict ? { ...row, found: usd(verdict.usd), isMet: verdict.usd <= verdict.target } : row;
};

const handler: Row = ({ handlers }) => {
  const what = 'poll handler against the bare calls it makes, engines stubbed, wall';
  const row = { what, target: `≤ ${TARGETS.pollRatio}` };
  const polls = handlers?.steps.filter(({ step }) => step.startsWith('poll')) ?? [];
  if (polls.length === 0) return row;
  const now = polls.map(({ step, variants }) => ({ step, ...variants['now'] }));
  const found = now.map(({ step, wall, cpu }) => `${step}: ${wall?.median} (CPU ${cpu?.median})`).join('; ');
  const isMet = now.every(({ wall }) => (wall?.median ?? Number.NaN) <= TARGETS.pollRatio);
  const load = handlers?.machine.loadBefore ?? 0;
  // Where others want the processors too, what they take falls on whoever does more by itself.
  const isBusy = load > (handlers?.machine.cores ?? 0);
  return { ...row, found, isMet, ...(!isMet && isBusy && { cause: `measured at a load of ${load}` }) };
};

const throughput: Row = ({ lifecycle }) => ({
  what: 'whole builds a second over HTTP against the original TypeScript controller',
  target: '≥ 1 (measured from outside this repository)',
  ...(lifecycle?.throughput && {
    found: `${lifecycle.throughput.found.whole.perSecond.median} builds a second here; the other one is not in this repository`,
  }),
});

const backlog: Row = ({ lifecycle }) => {
  const found = lifecycle?.backlog?.found;
  const what = 'backlog of 10,000: assignments a second, the last tenth against the first';
  const row = { what, target: `≥ ${TARGETS.backlogRatio}` };
  return found ? { ...row, found: String(found.ratio), isMet: found.ratio >= TARGETS.backlogRatio } : row;
};

const sizes: Row = ({ lifecycle }) => {
  const found = lifecycle?.sizes?.found;
  const row = {
    what: 'lists and states with 10 builds against 10,000 (and more)',
    target: `flat within ${flatWithin}`,
  };
  const worst = largestRatio(found);
  if (!found || !worst) return row;
  const text = `${worst.ratio} at most (${worst.what}, ${worst.builds.toLocaleString('en')} builds)`;
  return { ...row, found: text, isMet: worst.ratio <= TARGETS.flatRatio };
};

const memory: Row = ({ lifecycle }) => {
  const growths = lifecycle?.transfers?.found.growths;
  const row = {
    what: 'memory while 500 MB pass the single machine, against 100 MB',
    target: `flat within ${flatWithin}`,
  };
  if (!growths) return row;
  const worst = Math.max(...growths.map(({ growth }) => growth));
  return { ...row, found: `${worst} at most`, isMet: worst <= TARGETS.flatRatio };
};

const bundles: Row = ({ cold }) => {
  const { bundleBytes, bundleBytesWithS3 } = TARGETS;
  const target = `≤ ${kilobytes(bundleBytes)}, ≤ ${kilobytes(bundleBytesWithS3)} with S3`;
  const row = { what: 'bundle of one function, minified', target };
  if (!cold) return row;
  const hasS3 = new Map(FUNCTIONS.map((definition) => [definition.file, usesS3(definition)] as const));
  const largest = (isWithS3: boolean) => {
    const own = cold.imports.filter(({ name }) => name !== BARE && hasS3.get(name) === isWithS3);
    return Math.max(...own.map(({ bytes }) => bytes));
  };
  const [plain, withS3] = [largest(false), largest(true)];
  return {
    ...row,
    found: `${kilobytes(plain)}, ${kilobytes(withS3)} with S3 at most`,
    isMet: plain <= bundleBytes && withS3 <= bundleBytesWithS3,
  };
};

const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} KB`;

const lost: Row = ({ lost: found }) => {
  const row = {
    what: 'worker killed at a random moment until its build can be given out again',
    target: `≤ ${TARGETS.lostSeconds} s at worst`,
  };
  return found
    ? {
        ...row,
        found: `${found.worst} s at worst, ${found.p50} s in the median`,
        isMet: found.worst <= TARGETS.lostSeconds,
      }
    : row;
};
