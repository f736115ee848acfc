import type { HandlersRecord } from '../handlers/section.ts';
import { findResult } from '../report/results.ts';
import type { Service } from './simulate.ts';

export interface SimSettings {
  readonly seed: number;
  readonly buildMinutes: number;
  /** Of one call of the table. */
  readonly tableCallMs: number;
  /** Of one call of the queue. */
  readonly queueCallMs: number;
  /** Between the worker and the handler, there and back, the front door included. */
  readonly wayMs: number;
  readonly lambdaMs: number;
  /** The smaller the fleet, the more weeks of it for the pace of polls. */
  readonly weeksOfAWorker: number;
  /** Where no more is simulated for the sake of more pickups. */
  readonly mostPolls: number;
}

/** What a handler takes by itself, its engines answering at once, and what it calls. */
interface HandlerTime {
  readonly ms: number;
  readonly tableCalls: number;
  readonly queueCalls: number;
}

export interface Measured {
  /** A poll that finds nothing. */
  readonly empty: HandlerTime;
  /** A poll that is given a build. */
  readonly grant: HandlerTime;
}

const isOfQueue = (call: string) => call.endsWith('Message');

/** What `npm run bench:handlers` found, in whole ms: the next measurement on the same machine gives the same. */
export function readMeasured(): Measured {
  const steps = findResult<HandlersRecord>('handlers')?.steps ?? [];
  const timeOf = (name: string): HandlerTime => {
    const found = steps.find(({ step }) => step === name);
    const ms = found?.variants['now']?.wallMs.median;
    if (!found || ms === undefined) throw new Error(`bench:handlers has not measured ${name}`);
    const queueCalls = found.calls.filter(isOfQueue).length;
    return { ms: Math.round(ms), queueCalls, tableCalls: found.calls.length - queueCalls };
  };
  return { empty: timeOf('poll that finds nothing'), grant: timeOf('poll that is given a build') };
}

export function serviceOf(settings: SimSettings, { empty, grant }: Measured): Service {
  const pollMs = ({ ms, tableCalls, queueCalls }: HandlerTime) =>
    settings.wayMs + ms + tableCalls * settings.tableCallMs + queueCalls * settings.queueCallMs;
  return { emptyPollMs: pollMs(empty), grantPollMs: pollMs(grant), buildMs: settings.buildMinutes * 60_000 };
}

/** As if all that nobody has measured or published took twice as long. */
export const withAssumedDoubled = (settings: SimSettings): SimSettings => ({
  ...settings,
  queueCallMs: 2 * settings.queueCallMs,
  wayMs: 2 * settings.wayMs,
});
