import { STAGE_SETTINGS } from '../../../infra/stage-settings.ts';
import type { Units } from './units.ts';
import type { Week } from './week.ts';

/** What AWS and our own settings allow, and by what each can be raised. */
export interface Limit {
  readonly what: string;
  readonly raisedBy: string;
  readonly allowed: number;
  used(load: Peak): number;
}

export interface Peak extends Pick<Week, 'perSecond'> {
  readonly lambdaMs: number;
  readonly units: Units;
}

const HEARTBEAT_SECONDS = 30;
const LOG_SECONDS = 30;
/** Into `due#pending`: put in, moved within it when its message was sent, taken out. A move counts twice. */
const UNITS_IN_HOTTEST_KEY = 4;

const beats = ({ perSecond }: Peak) => perSecond.atWork / HEARTBEAT_SECONDS;
const logs = ({ perSecond }: Peak) => perSecond.atWork / LOG_SECONDS;
const requests = (load: Peak) =>
  load.perSecond.polls + beats(load) + logs(load) + load.perSecond.builds * load.units.buildAlone.requests;
const writeUnits = (load: Peak) =>
  beats(load) * load.units.heartbeat.writeUnits +
  logs(load) * load.units.log.writeUnits +
  load.perSecond.sightings * load.units.sighting.writeUnits +
  load.perSecond.builds * load.units.buildAlone.writeUnits;

export const LIMITS: readonly Limit[] = [
  {
    what: 'polls a second on their route',
    allowed: STAGE_SETTINGS.ROUTE_RATE.default,
    raisedBy: '`--param ROUTE_RATE`',
    used: ({ perSecond }) => perSecond.polls,
  },
  {
    what: 'heartbeats a second on their route',
    allowed: STAGE_SETTINGS.HEARTBEAT_RATE.default,
    raisedBy: '`--param HEARTBEAT_RATE`',
    used: beats,
  },
  {
    what: 'log requests a second on their route',
    allowed: STAGE_SETTINGS.ROUTE_RATE.default,
    raisedBy: '`--param ROUTE_RATE`',
    used: logs,
  },
  { what: 'requests a second of the account', allowed: 10_000, raisedBy: 'API Gateway quota', used: requests },
  {
    what: 'Lambda executions at once',
    allowed: 1_000,
    raisedBy: 'Lambda quota',
    used: (load) => (requests(load) * load.lambdaMs) / 1000,
  },
  {
    what: 'write units a second of one key of an index',
    allowed: 1_000,
    raisedBy: 'more shards of `due` (the number is in the key)',
    used: ({ perSecond }) => perSecond.builds * UNITS_IN_HOTTEST_KEY,
  },
  {
    what: 'write units a second of a new table',
    allowed: 4_000,
    raisedBy: 'warm throughput, or time: it doubles by itself',
    used: writeUnits,
  },
  {
    what: 'messages in flight of one queue',
    allowed: 120_000,
    raisedBy: 'SQS quota',
    used: ({ perSecond, lambdaMs }) => (perSecond.builds * lambdaMs) / 1000,
  },
];

/** Of each limit, in their order. 1: all of it. */
export const sharesOf = (load: Peak): number[] => LIMITS.map((limit) => limit.used(load) / limit.allowed);
