import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assignBuild } from '../../../lib/app/assign-build.ts';
import { spreadPolls } from '../../../lib/app/spread-polls.ts';
import type { Worker } from '../../../lib/domain/worker.ts';
import { aWorker } from '../../support/builders.ts';
import { memoryWorld } from '../../support/memory-stores.ts';
import { OTP_MS, QUARANTINE } from '../../support/settings.ts';
import { readSection } from '../report/section.ts';
import { createAgenda } from './agenda.ts';
import { fixed, hint } from './paces.ts';
import { readSim, runAll, SIM_DEFAULTS } from './run.ts';
import { simPlots, simSection } from './section.ts';
import { quantile, simulate } from './simulate.ts';

const HOUR = 3_600_000;
const service = { pollMs: 60, buildMs: 600_000 };
const day = { workers: 5, buildsPerDay: 100, from: 0, countFrom: 0, until: 24 * HOUR, seed: 1 };

describe('the simulation', () => {
  it('is the same for the same seed, and another for another', () => {
    const small = (seed: number) => runAll({ ...SIM_DEFAULTS, seed }, [{ workers: 5, buildsPerDay: 50 }], []);
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
    const { pickups } = simulate(fixed(10_000)(), lone, { pollMs: 1, buildMs: 1 });
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

  it('has each worker act at its time', () => {
    const agenda = createAgenda(5);
    for (const [owner, time] of [5, 1, 4, 2, 3].entries()) agenda.add(time, owner);
    expect(Array.from({ length: 5 }, () => agenda.take())).toEqual([1, 3, 4, 2, 0]);
    expect(agenda.nextAt()).toBe(Number.POSITIVE_INFINITY);
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
