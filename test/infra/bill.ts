/**
 * What a build costs on AWS, from the calls that `test/integration/aws-calls.test.ts` counts and the list prices of
 * us-east-1 in USD (see docs/deploy.md). Write units: one for each KB of each item, two in a transaction; one for each entry
 * of an index that is put in or taken out, two where its key changes.
 */

const PRICES = {
  /** HTTP API, per request of up to 512 KB. */
  request: 1.0 / 1e6,
  /** Lambda, arm64, 256 MB for 20 ms. */
  invocation: 0.2 / 1e6 + 0.0000133334 * 0.25 * 0.02,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  message: 0.4 / 1e6,
  put: 5.0 / 1e6,
  get: 0.4 / 1e6,
} as const;

type Calls = Partial<Record<Exclude<keyof typeof PRICES, 'invocation'>, number>>;

/** One build of ten minutes: 20 heartbeats and 20 log requests of 1 KB, one of each every 30 s. */
const BUILD: readonly (readonly [times: number, what: string, calls: Calls])[] = [
  [1, 'source: address, upload', { request: 1, put: 1 }],
  [
    1,
    'submit: HEAD, item with its entries in due, listed, state and platform, message, note that it was sent',
    { request: 1, get: 1, writeUnit: 5 + 3, message: 1 },
  ],
  [
    1,
    'assignment: read, receive, three items in a transaction, the entries in due and state move, one in worker, delete',
    { request: 1, readUnit: 1, message: 2, writeUnit: 6 + 2 + 2 + 1 },
  ],
  [1, 'source: read, link, download', { request: 1, readUnit: 1, get: 2 }],
  [1, 'the first heartbeat: the entry in state moves', { writeUnit: 2 }],
  [20, 'heartbeat: one write', { request: 1, writeUnit: 1 }],
  [20, 'log lines: count in the build, one item of up to 2 KB, lease', { request: 1, writeUnit: 1 + 2 + 1 }],
  [1, 'result: address, upload', { request: 1, readUnit: 1, put: 1 }],
  [
    1,
    'completion: HEAD, three items in a transaction, due and finished, the entry in state moves',
    { request: 1, get: 1, writeUnit: 6 + 2 + 2 },
  ],
  [10, 'status and log, asked for by the submitter', { request: 1, readUnit: 2 }],
  [1, 'result: read, link, download', { request: 1, readUnit: 1, get: 2 }],
];

const priceOf = (calls: Calls) =>
  Object.entries(calls).reduce((sum, [name, count]) => sum + count * PRICES[name as keyof typeof PRICES], 0) +
  (calls.request ?? 0) * PRICES.invocation;

export const per1000Builds = () => 1000 * BUILD.reduce((sum, [times, , calls]) => sum + times * priceOf(calls), 0);

const DAYS = 30;

export const ALARMS = 14;

/** A worker that polls each 30 s and finds nothing; seen is noted once in 150 s. */
export const perIdleWorkerMonth = () => {
  const polls = (DAYS * 86_400) / 30;
  return polls * priceOf({ request: 1, readUnit: 1, message: 1 }) + (polls / 5) * priceOf({ writeUnit: 1 });
};

/** The dead letters' mapping asks the queue all the time: five pollers, 20 s each (AWS's own figures). */
const MAPPING_POLLS = (DAYS * 86_400 * 5) / 20;

/** Nothing builds and nobody polls: the sweep each minute asks two partitions for what is due; the alarms at 0.10 each. */
export const perMonthAtRest = () => {
  const sweeps = DAYS * 1440;
  return sweeps * (PRICES.invocation + priceOf({ readUnit: 2 })) + priceOf({ message: MAPPING_POLLS }) + ALARMS * 0.1;
};

/** One function's log: about 0.4 KB a request at 0.50 a GB. */
export const logsPer1000Builds = () => 1000 * BUILD.reduce((sum, [times]) => sum + times, 0) * (0.4 / 1e6) * 0.5;
