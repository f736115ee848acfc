import { alarms } from '../../../infra/alarms.ts';
import { FUNCTIONS } from '../../../infra/functions.ts';
import { ACCESS_LOG_FORMAT } from '../../../infra/http-api.ts';
import serverless from '../../../serverless.ts';
import { type Counts, sum, times } from './counts.ts';
import type { Step } from './meter.ts';
import { BYTES_PER_GB, DAYS_PER_MONTH, PRICES } from './prices.ts';
import type { CostRecord } from './record.ts';
import type { Assumptions } from './settings.ts';

/** USD by what they are paid for. */
export interface Bill {
  readonly 'API Gateway': number;
  readonly 'Lambda, requests': number;
  readonly 'Lambda, time': number;
  readonly 'DynamoDB, writes': number;
  readonly 'DynamoDB, writes of indexes': number;
  readonly 'DynamoDB, reads': number;
  readonly SQS: number;
  readonly S3: number;
}

/** The front door and what it starts, the table, the queues, the buckets; logs and what leaves AWS are apart. */
export function billOf(counts: Counts, { lambdaMs }: Pick<Assumptions, 'lambdaMs'>): Bill {
  return {
    'API Gateway': counts.requests * PRICES.request,
    'Lambda, requests': counts.invocations * PRICES.invocation,
    'Lambda, time': counts.invocations * (lambdaMs / 1000) * memoryGb() * PRICES.gbSecond,
    'DynamoDB, writes': (counts.writeUnits - counts.indexUnits) * PRICES.writeUnit,
    'DynamoDB, writes of indexes': counts.indexUnits * PRICES.writeUnit,
    'DynamoDB, reads': counts.readUnits * PRICES.readUnit,
    SQS: counts.messages * PRICES.message,
    S3: counts.puts * PRICES.put + counts.gets * PRICES.get,
  };
}

export const totalOf = (bill: Bill) => Object.values(bill).reduce((so, each) => so + each, 0);
export const priceOf = (counts: Counts, assumptions: Pick<Assumptions, 'lambdaMs'>) =>
  totalOf(billOf(counts, assumptions));

export const allOf = (steps: Readonly<Record<string, Step>>): Counts =>
  sum(Object.values(steps).map(({ counts }) => counts));

/** They all have the same; a bench that is given another has to be taught. */
function memoryGb(): number {
  const sizes = new Set(FUNCTIONS.map(({ memoryMb }) => memoryMb));
  const [size] = sizes;
  if (sizes.size !== 1 || size === undefined) throw new Error('the functions are not of one size any more');
  return size / 1024;
}

/** `START`, `END` and `REPORT` of an invocation, as Lambda writes them unless it is told to keep quiet. */
export const PLATFORM_LINES = 62 + 54 + 150;

export function platformBytes(): number {
  return serverless.provider.logs.lambda.systemLogLevel === 'WARN' ? 0 : PLATFORM_LINES;
}

/** The front door's line of a request, each `$context` value taken to be as long as it mostly is. */
const CONTEXT_VALUE = 18;
export const ACCESS_LINE_BYTES = ACCESS_LOG_FORMAT.replace(/\$context\.[\w.]+/g, 'x'.repeat(CONTEXT_VALUE)).length;

export function logsPrice({ logBytes, invocations, requests }: Counts): number {
  const bytes = logBytes + invocations * platformBytes() + requests * ACCESS_LINE_BYTES;
  return (bytes / BYTES_PER_GB) * PRICES.logGb;
}

const HOURS_PER_MONTH = DAYS_PER_MONTH * 24;

export const idleMonth = ({ idleHour }: CostRecord): Counts => times(allOf(idleHour.steps), HOURS_PER_MONTH);

/** The dead letters' mapping asks the queue all the time: five pollers, 20 s each (AWS's own figures). */
const MAPPING_POLLS = (HOURS_PER_MONTH * 3600 * 5) / 20;

/** Nothing builds and nobody polls. */
export function restMonth({ restMinute }: CostRecord, assumptions: Assumptions) {
  const counts = times(allOf(restMinute), HOURS_PER_MONTH * 60);
  const alarmCount = Object.keys(alarms('prod')).length;
  return {
    schedule: priceOf(counts, assumptions),
    mapping: MAPPING_POLLS * PRICES.message,
    alarms: alarmCount * PRICES.alarm,
    alarmCount,
  };
}

export const egressPrice = ({ sourceMb, resultMb }: Assumptions) => ((sourceMb + resultMb) / 1000) * PRICES.egressGb;
