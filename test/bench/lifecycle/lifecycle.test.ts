import { describe, expect, it } from 'vitest';
import { summaryOf } from './backlog.ts';
import type { LifecycleRecord } from './measure.ts';
import { backlogPlot, lifecycleSection } from './section.ts';
import { measureSizes } from './sizes.ts';
import { largestRatio, missed } from './verdicts.ts';

const machine = { node: '24.0.0', cores: 2, cpu: 'a processor', loadBefore: 0 };
const spread = (median: number) => ({ median, min: median / 2, max: median * 2 });
const backlog = (last: number): LifecycleRecord['backlog'] => {
  const tenths = [100, 100, 100, 100, 100, 100, 100, 100, 100, last];
  return {
    machine,
    found: {
      builds: 10_000,
      workers: 8,
      submitsPerSecond: 200,
      warmUp: 1_000,
      tenths,
      cpuMs: tenths.map(() => 1),
      ratios: [0.5, last / 100, 2],
      ratio: last / 100,
    },
  };
};
const sizes = (ratio: number): LifecycleRecord['sizes'] => ({
  machine,
  found: {
    sizes: [10, 1_000],
    rounds: 20,
    page: 5,
    requests: [
      { what: 'list', ms: [spread(2), spread(2)], ratios: [spread(1), spread(1.01)], cpuMs: [1, 1] },
      { what: 'status', ms: [spread(2), spread(2)], ratios: [spread(1), spread(ratio)], cpuMs: [1, 1.1] },
    ],
    restartMs: [spread(500), spread(600)],
    restarts: 5,
  },
});

describe('the whole life of builds, measured', () => {
  it('with the same requests of tables of any size, which the engine imports', { timeout: 120_000 }, async () => {
    const { sizes: found, requests, restartMs } = await measureSizes([10, 40], { rounds: 1, calls: 2, restarts: 1 });
    expect(found).toEqual([10, 40]);
    for (const { ms, ratios } of requests) {
      expect(ms).toHaveLength(2);
      expect(ratios[0]).toEqual(spreadOfOne);
    }
    expect(restartMs.every(({ median }) => median > 0)).toBe(true);
  });
  const spreadOfOne = { median: 1, min: 1, max: 1 };

  it('misses where a backlog sags below 0.9, or a table of any size slows a request down by more than a fifth', () => {
    expect(missed({ backlog: backlog(91), sizes: sizes(1.19) })).toEqual([]);
    expect(missed({ backlog: backlog(89) })).toEqual(['the backlog sags to 0.89']);
    expect(missed({ sizes: sizes(1.21) })).toEqual(['status takes 1.21 times as long']);
    expect(largestRatio(sizes(1.3).found)).toEqual({ what: 'status', builds: 1_000, ratio: 1.3 });
  });

  it('misses where a line is lost, other bytes come out than went in, or memory grows with the file', () => {
    const found = { builds: 1, seconds: 1, linesPerSecond: 1, p50Ms: 1, p99Ms: 1, beforeMiB: 1, peakMiB: 1 };
    const logs = (lost: number, misplaced: number) => ({ logs: { machine, found: { ...found, lost, misplaced } } });
    expect(missed(logs(0, 0))).toEqual([]);
    expect(missed(logs(1, 0))).toHaveLength(1);
    expect(missed(logs(0, 1))).toHaveLength(1);
    const row = { way: 'form', size: 500_000_000, upMiB: 1, downMiB: 1, seconds: 1 };
    const transfers = (growth: number, isSame = true) => ({
      transfers: {
        machine,
        found: { rows: [{ ...row, isSame }], growths: [{ way: 'form', direction: 'up' as const, growth }] },
      },
    });
    expect(missed(transfers(1.2))).toEqual([]);
    expect(missed(transfers(1.3))).toEqual(['form, up: memory grew 1.30 times']);
    expect(missed(transfers(1, false))).toEqual(['form, 500 MB: other bytes came out than went in']);
  });

  it('takes the ratio of a backlog in each round, and then the median', () => {
    const round = (first: number, last: number) => {
      const tenths = [first, 1, 1, 1, 1, 1, 1, 1, 1, last];
      return { tenths, cpuMs: tenths.map(() => 2) };
    };
    const found = summaryOf([round(10, 10), round(20, 10), round(40, 32)]);
    expect(found.ratios).toEqual([1, 0.5, 0.8]);
    expect(found.ratio).toBe(0.8);
    expect([found.tenths[0], found.tenths.at(-1), found.cpuMs[0]]).toEqual([20, 10, 2]);
  });

  it('is a section of what was measured, and of nothing else', () => {
    const text = lifecycleSection({ backlog: backlog(95), sizes: sizes(1.1) });
    expect(text).toContain('The last tenth is given out 0.95 (0.50 to 2.00) times as fast as the first.');
    expect(text).toContain('| status | 2.00 | 2.00 | 1.10 (0.55 to 2.20) | 1.10 |');
    expect(text).not.toContain('### Logs');
  });

  it('is a line from the first tenth to the last, over an axis from 0', () => {
    const dots = [...backlogPlot(backlog(50).found).matchAll(/cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(dots).toHaveLength(10);
    expect(dots.at(-1)).toBe(145);
    expect(dots[0]).toBe(40);
  });
});
