import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { coldSection } from '../cold/section.ts';
import type { Step } from '../cost/meter.ts';
import { handlersSection } from '../handlers/section.ts';
import { BACKLOG_PLOT, backlogPlot, lifecycleSection } from '../lifecycle/section.ts';
import { loseWorkers } from '../lost/lose-workers.ts';
import { lostSection } from '../lost/section.ts';
import { type PeersRecord, peersPlot, peersSection, PEERS_PLOT } from '../peers/section.ts';
import { findResult, readPlot } from '../report/results.ts';
import { readSection } from '../report/section.ts';
import { NOW } from '../sim/paces.ts';
import type { PaceRow } from '../sim/compare.ts';
import { type DesignRow, designRows, findResults, type Results } from './rows.ts';
import { changesSection, changeRows } from './changes.ts';
import { designSection } from './section.ts';

const results = findResults();
const peers = findResult<PeersRecord>('peers');
const nothing: Results = {
  cost: undefined,
  cold: undefined,
  handlers: undefined,
  lifecycle: undefined,
  lost: undefined,
  sim: undefined,
  changes: undefined,
};

describe('docs/performance.md', () => {
  it.each([
    ['cold', results.cold && coldSection(results.cold)],
    ['handlers', results.handlers && handlersSection(results.handlers)],
    ['lifecycle', results.lifecycle && lifecycleSection(results.lifecycle)],
    ['lost', results.lost && lostSection(results.lost)],
    ['peers', peers && peersSection(peers)],
    ['design', designSection(designRows(results))],
    ['changes', changesSection(results)],
  ])('has what is made of what was measured, or says that nothing was: %s', (name, text) =>
    expect(readSection(name)).toBe(text ?? `Not measured yet: \`npm run bench:${name} -- --update\`.`),
  );

  it('has the plots of what was measured', () => {
    const backlog = results.lifecycle?.backlog;
    if (backlog) expect(readPlot(BACKLOG_PLOT)).toBe(backlogPlot(backlog.found));
    if (peers) expect(readPlot(PEERS_PLOT)).toBe(peersPlot(peers));
  });
});

describe('a row of the design', () => {
  const of = (changes: Partial<Results>) => designRows({ ...results, ...changes });
  const lost = { seed: 1, deaths: 1, leaseSeconds: 85, beatSeconds: 28, sweepSeconds: 60, p50: 100, p99: 140 };

  it('is met at its figure, and not beyond', () => {
    const rowOf = (worst: number) =>
      of({ lost: { ...lost, worst } }).find(({ what }) => what.startsWith('worker killed'));
    expect(rowOf(150)).toMatchObject({ isMet: true, room: '0 %' });
    expect(rowOf(150.1)?.isMet).toBe(false);
    expect(rowOf(165)?.room).toBe('-10 %');
  });

  it('that is missed says what was tried', () => {
    const silent = (rows: DesignRow[]) => rows.filter(({ isMet, tried }) => isMet === false && !tried);
    expect(silent(of({}))).toEqual([]);
    expect(silent(of({ lost: { ...lost, worst: 151 } }))).toEqual([]);
  });

  it('of the pace of polls is judged on both, at the load that is the worst', () => {
    const { sim } = results;
    if (!sim) throw new Error('nothing was simulated');
    const rowOf = (change: object) => {
      const paces = sim.paces.map((each) => ({ ...each, latency: 0.9, cost: 0.3 }));
      return of({ sim: { ...sim, paces: paces.with(1, { ...sim.paces[1], ...paces[1], ...change } as PaceRow) } }).at(
        -1,
      );
    };
    expect(sim.paces[1]?.pace).toBe(NOW);
    expect(rowOf({})?.isMet).toBe(true);
    expect(rowOf({ latency: 1.1 })?.isMet).toBe(false);
    expect(rowOf({ cost: 0.31 })?.isMet).toBe(false);
  });

  it('of calls is missed where a step makes one more', () => {
    expect(of({})[0]?.cause ?? '').not.toMatch(/heartbeat|nobody knows why/);
    const { cost } = results;
    const { plain } = cost?.builds ?? {};
    const { heartbeat } = plain?.steps ?? {};
    if (!cost || !plain || !heartbeat) throw new Error('nothing was counted');
    const calls = { ...heartbeat.counts.calls, 'dynamodb.GetItem': 1 };
    const more = { ...heartbeat, counts: { ...heartbeat.counts, calls } };
    const builds = { ...cost.builds, plain: { ...plain, steps: { ...plain.steps, heartbeat: more } } };
    const [row] = of({ cost: { ...cost, builds } });
    expect(row?.isMet).toBe(false);
    expect(row?.cause).toContain('heartbeat: GetItem (nobody knows why)');
  });

  it('of calls is missed where anything scans, each scan counted once', () => {
    const { cost } = results;
    const { plain } = cost?.builds ?? {};
    const { sweep } = cost?.restMinute ?? {};
    const { heartbeat } = plain?.steps ?? {};
    if (!cost || !plain || !sweep || !heartbeat) throw new Error('nothing was counted');
    const scanning = (step: Step): Step => ({
      ...step,
      counts: { ...step.counts, calls: { ...step.counts.calls, 'dynamodb.Scan': 1 } },
    });
    const steps = { ...plain.steps, heartbeat: scanning(heartbeat) };
    for (const scanned of [
      { ...cost, builds: { ...cost.builds, plain: { ...plain, steps } } },
      { ...cost, restMinute: { ...cost.restMinute, sweep: scanning(sweep) } },
    ]) {
      const [row] = of({ cost: scanned });
      expect(row?.found).toMatch(/; 1 scans$/);
      expect(row?.isMet).toBe(false);
    }
  });

  it('has no verdict where nothing was measured', () => {
    const rows = designRows(nothing);
    expect(rows.map(({ isMet }) => isMet)).toEqual(rows.map(() => undefined));
    expect(designSection(rows)).toContain('0 of 0 are met');
  });
});

describe('a change that was made for speed or cost', () => {
  const without = { cost: undefined, sim: undefined, handlers: undefined, changes: undefined };

  it('is a row of what was measured, and none of what was not', () => {
    expect(changeRows(nothing)).toEqual([]);
    const rows = changeRows(results).map(({ change }) => change);
    for (const what of ['log that is written', 'telemetry', "Lambda's own lines", 'pace of polls', 'modules']) {
      expect(rows.filter((row) => row.includes(what))).not.toEqual([]);
    }
  });

  it('has the pace before and now of the same load', () => {
    const pace = { workers: 5, buildsPerDay: 1_000, weeks: 1, p99: 9, latency: 1 };
    const before = { ...pace, pace: 'before: 2 s', p50: 5, cost: 0.2 };
    const now = { ...pace, pace: NOW, p50: 2, cost: 0.3 };
    const { sim } = results;
    if (!sim) throw new Error('nothing was simulated');
    const rows = (...rules: PaceRow[]) => changeRows({ ...results, ...without, sim: { ...sim, rules } });
    expect(rows(before, { ...now, workers: 6 })).toEqual([]);
    expect(rows(before, { ...now, workers: 6 }, now)).toMatchObject([
      { before: 'p50 5 s, polls 0.2 of those each 5 s', after: 'p50 2 s, polls 0.3 of those each 5 s' },
    ]);
  });

  it('of handlers has what each revision took, and what they take now', () => {
    const spread = (median: number) => ({ median, min: median, max: median });
    const variant = (ratio: number) => ({ wallMs: spread(1), wall: spread(ratio), cpu: spread(ratio) });
    const steps = [{ step: 'heartbeat', calls: [], variants: { 'before it': variant(2), now: variant(1.2) } }];
    const { handlers } = results;
    if (!handlers) throw new Error('no handler was measured');
    const record = { ...handlers, revisions: [{ rev: 'abc123', name: 'before it' }], steps };
    expect(changeRows({ ...results, ...without, handlers: record })).toMatchObject([
      { before: 'heartbeat 2.00, CPU 2.00', after: 'heartbeat 1.20, CPU 1.20' },
    ]);
  });
});

describe('a lost worker', () => {
  it('is told of in CHANGELOG.md as it was measured', () => {
    const { p50, worst } = results.lost ?? {};
    const changelog = readFileSync(join(import.meta.dirname, '../../../CHANGELOG.md'), 'utf8');
    expect(changelog).toContain(`handed on after ${p50} s in the median and ${worst} s at worst`);
  });

  it('keeps its build from others for 150 s at worst, whenever it dies', async () => {
    const found = await loseWorkers(300, 1);
    expect(found.worst).toBeLessThanOrEqual(150);
    // A lease less a beat, at least.
    expect(found.p50).toBeGreaterThan(60);
    expect(await loseWorkers(300, 1)).toEqual(found);
    expect(await loseWorkers(300, 2)).not.toEqual(found);
  });
});

describe('npm run bench', () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, '../run.ts'), ...args]);
  it('names the benches, and refuses one that there is not', async () => {
    const { stdout } = await run('--help');
    for (const name of ['cost', 'sim', 'lost', 'cold', 'changes', 'handlers', 'peers', 'lifecycle']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    await expect(run('--only', 'nothing')).rejects.toMatchObject({ code: 2 });
    await expect(run('--only', 'lost', '--quick', '--update')).rejects.toMatchObject({ code: 2, stdout: '' });
  });

  it('runs one of them, which finds what is written of it, and says whether it holds', {
    timeout: 60_000,
  }, async () => {
    const { stdout } = await run('--only', 'lost');
    expect(stdout).toContain('=== lost (1 of 1)');
    expect(stdout).toContain(readSection('lost'));
    expect(stdout).toMatch(/bench: 1 of 1 hold/);
  });
});
