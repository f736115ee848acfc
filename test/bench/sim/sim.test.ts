import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assignBuild } from '../../../lib/app/assign-build.ts';
import { spreadPolls } from '../../../lib/app/spread-polls.ts';
import type { Worker } from '../../../lib/domain/worker.ts';
import { aWorker } from '../../support/builders.ts';
import { memoryWorld } from '../../support/memory-stores.ts';
import { OTP_MS, QUARANTINE } from '../../support/settings.ts';
import { readRecord } from '../cost/record.ts';
import { plotSvg } from '../report/plot.ts';
import { readSection } from '../report/section.ts';
import { createAgenda } from './agenda.ts';
import type { PaceRow } from './compare.ts';
import { LIMITS, sharesOf } from './limits.ts';
import { fixed, hint, hintBy, NOW } from './paces.ts';
import { NO_LOADS, readSim, runAll, SIM_DEFAULTS } from './run.ts';
import { simPlots } from './plots.ts';
import { simSection } from './section.ts';
import { readMeasured, serviceOf, withAssumedDoubled } from './service-times.ts';
import { quantile, simulate } from './simulate.ts';
import { unitsOf } from './units.ts';
import { missedPaces } from './verdict.ts';
import { type Enough, simulateWeek } from './week.ts';

const HOUR = 3_600_000;
const MEASURED = {
  empty: { ms: 2, tableCalls: 1, queueCalls: 1 },
  grant: { ms: 4, tableCalls: 2, queueCalls: 2 },
};
const service = { emptyPollMs: 60, grantPollMs: 80, buildMs: 600_000 };
const day = { workers: 5, buildsPerDay: 100, from: 0, countFrom: 0, until: 24 * HOUR, seed: 1 };

describe('the simulation', () => {
  it('is the same for the same seed, and another for another', () => {
    const small = (seed: number) =>
      runAll({ ...SIM_DEFAULTS, seed }, MEASURED, { ...NO_LOADS, rows: [{ workers: 5, buildsPerDay: 50 }] });
    expect(small(1)).toEqual(small(1));
    expect(small(2).rows).not.toEqual(small(1).rows);
  });

  it('grants each build that is submitted, once, while there are workers for them', () => {
    const { submits, grants, waiting } = simulate(hint(), day, service);
    expect(submits).toBeGreaterThan(50);
    expect(grants + waiting).toBe(submits);
  });

  it('knows that one worker that asks each 10 s keeps a build waiting for 5 s in the middle', () => {
    const lone = { ...day, workers: 1, buildsPerDay: 4, until: 2_000 * HOUR };
    const { pickups } = simulate(fixed(10_000)(), lone, { emptyPollMs: 1, grantPollMs: 1, buildMs: 1 });
    expect(quantile(pickups, 0.5) / 1000).toBeGreaterThan(4);
    expect(quantile(pickups, 0.5) / 1000).toBeLessThan(6);
  });

  it('lets workers pause as the use case would tell them to', async () => {
    const asked: { worker: Worker; now: number; chance: number; ms: number }[] = [];
    const rule = spreadPolls();
    simulate(
      (worker, now, chance) => {
        const ms = rule(worker, now, chance);
        asked.push({ worker, now, chance, ms });
        return ms;
      },
      { ...day, until: HOUR / 6 },
      service,
    );
    const settings = { firstLeaseMs: 1, leaseMs: 1, maxAttempts: 3, otpMs: OTP_MS, quarantine: QUARANTINE };
    const pace = spreadPolls();
    for (const { worker, now, chance, ms } of asked) {
      const { deps } = memoryWorld();
      const answer = await assignBuild(
        { ...deps, pace, clock: () => now, chance: () => chance },
        { ...aWorker(), ...worker },
        '',
        settings,
      );
      expect(answer).toEqual({ nextPollMs: ms });
    }
  });

  it('sweeps the numbers of the rule as the controller has it', () => {
    for (const buildsPerDay of [5, 100]) {
      const load = { ...day, buildsPerDay };
      expect(simulate(hintBy()(), load, service)).toEqual(simulate(hint(), load, service));
    }
  });

  it('has each worker act at its time', () => {
    const agenda = createAgenda(5);
    for (const [owner, time] of [5, 1, 4, 2, 3].entries()) agenda.add(time, owner);
    expect(Array.from({ length: 5 }, () => agenda.take())).toEqual([1, 3, 4, 2, 0]);
    expect(agenda.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a week', () => {
  const week = (workers: number, enough?: Enough) => simulateWeek(hint, workers, 20, service, 1, enough);

  it('is repeated until enough builds were picked up', () => {
    const once = week(2);
    const enough = { pickups: once.pickups.length + 1, polls: 1_000_000 };
    const twice = week(2, enough);
    expect([once.hours, twice.hours]).toEqual([168, 336]);
    expect(twice.pickups.length).toBeGreaterThan(once.pickups.length);
    expect(twice.perDay.polls / once.perDay.polls).toBeCloseTo(1, 1);
  });

  it('is not repeated when that would take too many polls', () =>
    expect(week(2, { pickups: 10_000, polls: 1 }).hours).toBe(168));
});

describe('units', () => {
  it('of a build are those of all its steps, heartbeats and log lines apart', () => {
    const { build, buildAlone, heartbeat, log, sighting, poll } = unitsOf(readRecord());
    const steps = readRecord().builds['plain']?.steps ?? {};
    const timesOf = (name: string) => steps[name]?.times ?? 0;
    const byTime = (figure: 'writeUnits' | 'requests') =>
      heartbeat[figure] * timesOf('heartbeat') + log[figure] * timesOf('log lines');
    expect(buildAlone.writeUnits + byTime('writeUnits')).toBe(build.writeUnits);
    // The poll that is given the build is among the polls.
    expect(buildAlone.requests + byTime('requests') + 1).toBe(build.requests);
    expect(sighting.writeUnits).toBe(1);
    expect([poll.writeUnits, poll.requests, poll.messages]).toEqual([0, 1, 1]);
  });

  it('fill the limits, when a worker was last seen included', () => {
    const units = unitsOf(readRecord());
    const perSecond = { polls: 500, sightings: 400, builds: 0, atWork: 0 };
    const shares = sharesOf({ perSecond, lambdaMs: 20, units });
    const shareOf = (what: string) => shares[LIMITS.findIndex((limit) => limit.what.startsWith(what))];
    expect(shareOf('polls')).toBe(1);
    expect(shareOf('write units a second of a new table')).toBe(0.1);
    expect(shareOf('Lambda')).toBeCloseTo(0.01);
  });
});

describe('how long a poll takes', () => {
  it('is the handler, its calls and the way; what is assumed can be doubled', () => {
    const settings = { ...SIM_DEFAULTS, tableCallMs: 10, queueCallMs: 8, wayMs: 40 };
    expect(serviceOf(settings, MEASURED)).toMatchObject({ emptyPollMs: 60, grantPollMs: 80 });
    expect(serviceOf(withAssumedDoubled(settings), MEASURED)).toMatchObject({ emptyPollMs: 108, grantPollMs: 136 });
  });

  it('is derived from what the bench of handlers has recorded', () => {
    const { empty, grant } = readMeasured();
    expect([empty.tableCalls, empty.queueCalls]).toEqual([1, 1]);
    expect(grant.tableCalls).toBeGreaterThanOrEqual(2);
    expect(grant.ms).toBeGreaterThanOrEqual(empty.ms);
  });
});

describe('the pace of polls', () => {
  const row = (latency: number, cost: number, workers = 5): PaceRow => ({
    ...{ workers, buildsPerDay: 20, pace: NOW, weeks: 1, p50: 1, p99: 1 },
    ...{ latency, cost },
  });

  it('misses what is wanted by its p50 as well as by its polls, and names the worst load', () => {
    expect(missedPaces([row(1, 0.3)])).toEqual([]);
    expect(missedPaces([row(1.2, 0.3), row(1.9, 0.3, 10)])).toEqual(['p50: above 1 on 2 of 2 loads, 1.9 on 10/20']);
    expect(missedPaces([row(1, 0.31)])).toEqual(['polls: above 0.3 on 1 of 1 loads, 0.31 on 5/20']);
  });
});

describe('the plots', () => {
  const line = { name: '10', hue: 0, points: [[1, 1]] } as const;
  const plot = (series: Parameters<typeof plotSvg>[0]['series']) => plotSvg({ title: 't', x: 'x', y: 'y', series });
  const colours = (svg: string) => new Set(svg.match(/#(?!e5e7eb)[0-9a-f]{6}/g));

  it('give a fleet one hue, dash its line without the hint, and mark single points', () => {
    const svg = plot([line, { ...line, isDashed: true }]);
    expect(colours(svg).size).toBe(1);
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(1);
    // A point and its sample beside the name, each.
    expect(svg.match(/<circle/g)).toHaveLength(4);
    expect(colours(plot([line, { ...line, hue: 1 }])).size).toBe(2);
  });
});

describe('the documents', () => {
  const record = readSim();
  it('docs/performance.md has what the simulation writes of its record', () =>
    expect(readSection('sim')).toBe(simSection(record)));
  it('the plots are those of the record', () => {
    for (const [name, plot] of Object.entries(simPlots(record))) {
      expect(readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8')).toBe(plot);
    }
  });
});
