import { isMissed, telemetryText, verdicts } from '../cost/section.ts';
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
import { NOW as PACE_NOW } from '../sim/paces.ts';
import type { SimRecord } from '../sim/run.ts';
import { WANTED } from '../sim/compare.ts';
import type { ChangesRecord } from './changes.ts';
import { flatWithin, TARGETS } from './targets.ts';

/** A row of the design's table of what it must cost and hold, with what was measured. */
export interface DesignRow {
  readonly what: string;
  readonly target: string;
  /** Absent: nothing was measured yet. */
  readonly found?: string;
  readonly isMet?: boolean;
  /** How far what was measured is from the target; below 0 it is missed. */
  readonly room?: string;
  /** Where it is not met: why, and what was tried. */
  readonly cause?: string;
  readonly tried?: string;
}

export interface Results {
  readonly cost: CostRecord | undefined;
  readonly cold: ColdRun | undefined;
  readonly handlers: HandlersRecord | undefined;
  readonly lifecycle: Partial<LifecycleRecord> | undefined;
  readonly lost: Lost | undefined;
  readonly sim: SimRecord | undefined;
  readonly changes: ChangesRecord | undefined;
}

export const findResults = (): Results => ({
  cost: findResult('cost'),
  cold: findResult('cold'),
  handlers: findResult('handlers'),
  lifecycle: findResult('lifecycle'),
  lost: findResult('lost'),
  sim: findResult('sim'),
  changes: findResult('changes'),
});

type Row = (results: Results) => DesignRow;

const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
/** Of what may be at most so much, and of what must be at least so much. */
const roomBelow = (target: number, found: number) => percent((target - found) / target);
const roomAbove = (target: number, found: number) => percent((found - target) / target);

/** In the design's order; the pace of polls came after it. */
export const designRows = (results: Results): DesignRow[] =>
  [calls, builds, idle, handler, throughput, backlog, sizes, memory, bundles, lost, pace].map((row) => row(results));

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

interface Reason {
  readonly why: string;
  readonly tried: string;
}

/** What came after it, why, and what was done about it. */
const REASONS: Readonly<Record<string, Reason>> = {
  'poll that is given a build: GetItem': {
    why: 'whether builds of the platform are held back',
    tried:
      'asked by an environment once a second at most instead of by each assignment; not in the transaction, where all assignments of a platform would meet in one item',
  },
  'poll that is given a build: Query': {
    why: 'whether a build of higher priority waits',
    tried:
      'asked by an environment once in 5 s at most instead of by each assignment, and by no poll that finds no message',
  },
  'completion: HeadObject': {
    why: "whether the result's bytes are there, in S3",
    tried: 'left out, a completion is confirmed whose file never came, and no other call says so',
  },
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
      cause: beyond.map((each) => `${each} (${REASONS[each]?.why ?? 'nobody knows why'})`).join('; '),
      tried: beyond.map((each) => `${each}: ${REASONS[each]?.tried ?? 'nothing'}`).join('; '),
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

/** Judged on a worker of ours; what other clients do is beyond it, and is said with what it is made of. */
const builds: Row = ({ cost }) => {
  const row = { what: 'USD for 1,000 builds of ten minutes', target: `≤ ${TARGETS.usdPer1000Builds.toFixed(2)}` };
  const [own, ...others] = cost ? verdicts(cost, DEFAULTS).slice(0, -1) : [];
  if (!cost || !own) return row;
  const beyond = others
    .filter(isMissed)
    .map(({ what, usd: price }) => `${usd(price)} (${what.replace(/^[^:]*: /, '')})`);
  const found = [
    `${usd(own.usd)} by a worker of ours`,
    ...(beyond.length > 0 ? [`beyond it: ${beyond.join(', ')}`] : []),
    ...telemetryText(cost),
  ];
  const tried = 'see where it goes, by step, below: no part of it is a call that the step could do without';
  return {
    ...row,
    found: found.join('; '),
    room: roomBelow(own.target, own.usd),
    isMet: !isMissed(own),
    ...(isMissed(own) && { tried }),
  };
};

const idle: Row = ({ cost }) => {
  const row = {
    what: 'USD for a month of an idle worker, a poll each 30 s',
    target: `≤ ${TARGETS.usdPerIdleWorkerMonth}`,
  };
  const verdict = cost && verdicts(cost, DEFAULTS).at(-1);
  if (!verdict) return row;
  const tried = 'a sighting is written once in several polls; who is paced by the controller asks less often';
  return {
    ...row,
    found: usd(verdict.usd),
    room: roomBelow(verdict.target, verdict.usd),
    isMet: !isMissed(verdict),
    ...(isMissed(verdict) && { tried }),
  };
};

const handler: Row = ({ handlers }) => {
  const what = 'poll handler against the bare calls it makes, engines stubbed, wall';
  const row = { what, target: `≤ ${TARGETS.pollRatio}` };
  const polls = handlers?.steps.filter(({ step }) => step.startsWith('poll')) ?? [];
  if (polls.length === 0) return row;
  const now = polls.map(({ step, variants }) => ({ step, ...variants['now'] }));
  const found = now.map(({ step, wall, cpu }) => `${step}: ${wall?.median} (CPU ${cpu?.median})`).join('; ');
  const worst = Math.max(...now.map(({ wall }) => wall?.median ?? Number.NaN));
  const isMet = worst <= TARGETS.pollRatio;
  const load = handlers?.machine.loadBefore ?? 0;
  return {
    ...row,
    found,
    room: roomBelow(TARGETS.pollRatio, worst),
    isMet,
    ...(!isMet && {
      cause: `what is ours is small beside the SDK and Node (where a handler spends its time, below), and other programs slow it, too: measured at a load of ${load}`,
      tried: 'what was changed is in the table of changes, with its ratios before and after',
    }),
  };
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
  if (!found) return row;
  const isMet = found.ratio >= TARGETS.backlogRatio;
  const tried = 'a poll that has met ten messages that lead nowhere looks for the oldest builds by their records';
  return {
    ...row,
    found: String(found.ratio),
    room: roomAbove(TARGETS.backlogRatio, found.ratio),
    isMet,
    ...(!isMet && { tried }),
  };
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
  const isMet = worst.ratio <= TARGETS.flatRatio;
  const tried = 'a list reads one page of one index, and figures are kept as they change instead of being counted';
  return { ...row, found: text, room: roomBelow(TARGETS.flatRatio, worst.ratio), isMet, ...(!isMet && { tried }) };
};

const memory: Row = ({ lifecycle }) => {
  const growths = lifecycle?.transfers?.found.growths;
  const row = {
    what: 'memory while 500 MB pass the single machine, against 100 MB',
    target: `flat within ${flatWithin}`,
  };
  if (!growths) return row;
  const worst = Math.max(...growths.map(({ growth }) => growth));
  const isMet = worst <= TARGETS.flatRatio;
  const tried = 'bodies pass in pieces and are never whole in memory';
  return {
    ...row,
    found: `${worst} at most`,
    room: roomBelow(TARGETS.flatRatio, worst),
    isMet,
    ...(!isMet && { tried }),
  };
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
  const isMet = plain <= bundleBytes && withS3 <= bundleBytesWithS3;
  return {
    ...row,
    found: `${kilobytes(plain)}, ${kilobytes(withS3)} with S3 at most`,
    room: `${roomBelow(bundleBytes, plain)}, ${roomBelow(bundleBytesWithS3, withS3)} with S3`,
    isMet,
    ...(!isMet && { tried: 'what was left out of bundles is in the table of changes' }),
  };
};

const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} KB`;

const lost: Row = ({ lost: found }) => {
  const row = {
    what: 'worker killed at a random moment until its build can be given out again',
    target: `≤ ${TARGETS.lostSeconds} s at worst`,
  };
  if (!found) return row;
  const isMet = found.worst <= TARGETS.lostSeconds;
  return {
    ...row,
    found: `${found.worst} s at worst, ${found.p50} s in the median`,
    room: roomBelow(TARGETS.lostSeconds, found.worst),
    isMet,
    ...(!isMet && { tried: `a lease of ${found.leaseSeconds} s, and a sweep each ${found.sweepSeconds} s` }),
  };
};

/** Both at once, of whichever load is the worst. */
const pace: Row = ({ sim }) => {
  const row = {
    what: 'pace of polls, against a poll each 5 s',
    target: `p50 of the pickup ≤ ${WANTED.latency} times its, at ≤ ${WANTED.cost} of its polls`,
  };
  const now = sim?.paces.filter(({ pace: name }) => name === PACE_NOW) ?? [];
  if (now.length === 0) return row;
  const [latency, cost] = [Math.max(...now.map((each) => each.latency)), Math.max(...now.map((each) => each.cost))];
  const isMet = latency <= WANTED.latency && cost <= WANTED.cost;
  return {
    ...row,
    found: `${latency} times the p50, at ${cost} of the polls, at worst of ${now.length} loads`,
    room: `${roomBelow(WANTED.latency, latency)}, polls ${roomBelow(WANTED.cost, cost)}`,
    isMet,
    ...(!isMet && {
      cause:
        'who does not know when a build comes meets it by the polls of the whole fleet, so the p50 goes with how often the fleet asks',
      tried: `${new Set(sim?.rules.map(({ pace: name }) => name)).size - 1} rules, in the table of the pace of polls; the best spreads the polls evenly through the fleet and asks more often when builds are likely`,
    }),
  };
};
