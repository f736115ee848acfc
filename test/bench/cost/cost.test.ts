import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFlags } from '../report/numbers.ts';
import { readSection } from '../report/section.ts';
import { allOf, priceOf, restMonth } from './bill.ts';
import type { Step } from './meter.ts';
import { PRICES } from './prices.ts';
import { type CostRecord, differences, lastingDifferences, readRecord } from './record.ts';
import { costSection, isExcused, isMissed, telemetryText, verdicts } from './section.ts';
import { DEFAULTS } from './settings.ts';

const record = readRecord();
const text = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

/** The record with the heartbeats of the plain build changed. */
function withHeartbeats(change: (step: Step) => Step): CostRecord {
  const { plain } = record.builds;
  const heartbeat = plain?.steps['heartbeat'];
  if (!plain || !heartbeat) throw new Error('the record has no heartbeats');
  const steps = { ...plain.steps, heartbeat: change(heartbeat) };
  return { ...record, builds: { ...record.builds, plain: { ...plain, steps } } };
}

describe('what is counted is held against what was recorded', () => {
  it('finds nothing where nothing has changed', () => expect(differences(record, record)).toEqual([]));

  it('finds a call that was added, a unit that was saved, and a step that is gone', () => {
    const added = withHeartbeats(({ times, counts }) => ({
      times,
      counts: { ...counts, calls: { ...counts.calls, 'dynamodb.GetItem': 1 }, writeUnits: counts.writeUnits - 1 },
    }));
    expect(differences(record, added)).toEqual([
      'build (plain) · heartbeat · writeUnits: 20 recorded, 19 now',
      'build (plain) · heartbeat · dynamodb.GetItem: 0 recorded, 1 now',
    ]);
    const { restMinute: _gone, ...rest } = record;
    expect(differences(record, { ...rest, restMinute: {} }).length).toBeGreaterThan(0);
  });

  it('counts again what differs, and keeps what differs each time', async () => {
    const calls = (more: Readonly<Record<string, number>>) =>
      withHeartbeats(({ times, counts }) => ({ times, counts: { ...counts, calls: { ...counts.calls, ...more } } }));
    const counted = (records: CostRecord[]) => lastingDifferences(record, async () => records.shift() ?? record);
    const added = { 'dynamodb.GetItem': 1 };
    const [once, twice] = [calls({ ...added, 'sqs.SendMessage': 1 }), calls({ 'dynamodb.GetItem': 2 })];
    expect(await counted([once, twice, calls(added)])).toEqual([
      'build (plain) · heartbeat · dynamodb.GetItem: 0 recorded, 1 now',
    ]);
    expect(await counted([once, twice])).toEqual([]);
    expect(await counted([record, once])).toEqual([]);
  });

  it('forgives bytes within a twentieth, as addresses and ids are not of one length', () => {
    const bytes = (factor: number) =>
      withHeartbeats(({ times, counts }) => ({ times, counts: { ...counts, logBytes: counts.logBytes * factor } }));
    expect(differences(record, bytes(1.04))).toEqual([]);
    expect(differences(record, bytes(1.2))).toHaveLength(1);
  });
});

describe('the documents', () => {
  it('docs/performance.md has what the bench writes of its record', () =>
    expect(readSection('cost')).toBe(costSection(record, DEFAULTS)));

  const manual = text('docs/deploy.md');
  const figure = (row: string) => new RegExp(`^\\| ${row}.*\\| (\\d+\\.\\d\\d) \\|$`, 'm').exec(manual)?.[1];
  const [build] = verdicts(record, DEFAULTS);
  const idle = verdicts(record, DEFAULTS).at(-1);
  const { schedule, mapping, alarms, alarmCount } = restMonth(record, DEFAULTS);
  it.each([
    [`a month at rest: the sweep, the dead letters’ mapping, ${alarmCount} alarms`, schedule + mapping + alarms],
    ['a month of one worker', idle?.usd],
    ['1,000 builds of ten minutes', build?.usd],
    ['logs of the functions', build?.logs],
  ])('docs/deploy.md: %s costs what was counted', (row, usd) => expect(figure(row)).toBe(usd?.toFixed(2)));

  it('docs/deploy.md: what is paid beside the calls is the prices that are calculated with', () => {
    const { storedGb, egressGb, dashboard, metric } = PRICES;
    for (const sentence of [
      `files in S3 at ${storedGb.s3} a GB and month`,
      `the table at ${storedGb.table.toFixed(2)} a GB and month and ${storedGb.tableHistory.toFixed(2)} more for its history`,
      `${egressGb.toFixed(2)} a GB for what leaves AWS`,
      `the dashboard at ${dashboard.toFixed(2)} a month, and each own metric at ${metric.toFixed(2)} for a month`,
    ]) {
      expect(manual.replaceAll('\n', ' ')).toContain(sentence);
    }
  });

  it('CHANGELOG.md: a build that writes all the time and is followed costs about a third', () => {
    expect(text('CHANGELOG.md')).toContain('is followed costs about a third of what it did');
    const usdOf = (kind: string) => priceOf(allOf(record.builds[kind]?.steps ?? {}), DEFAULTS);
    expect(usdOf('followed') / usdOf('restless')).toBeGreaterThan(0.28);
    expect(usdOf('followed') / usdOf('restless')).toBeLessThan(0.38);
  });

  it('the README’s figures are the same', () => {
    const [perBuilds, perMonth] = [build?.usd.toFixed(2), idle?.usd.toFixed(2)];
    expect(text('README.md')).toContain(
      `1,000 builds of ten minutes cost about $${perBuilds}, a worker that waits $${perMonth} a month`,
    );
  });

  it('what the design allows is kept, or is said why not', () => {
    expect(verdicts(record, DEFAULTS).filter((each) => isMissed(each) && !isExcused(each))).toEqual([]);
  });

  it('what telemetry costs more is told by what it is made of', () => {
    const [told] = telemetryText(record);
    expect(told).toMatch(/^of telemetry each 5 s, more than without it: requests 0\.\d{3}, writes 0\.\d{3}; more than/);
    const { plain } = record.builds;
    expect(telemetryText({ ...record, builds: plain ? { plain } : {} })).toEqual([]);
  });

  it('an excuse forgives no more than was known when it was made', () => {
    const verdict = { what: 'builds', usd: 0.35, logs: 0, target: 0.3, excuse: 'old clients', excusedUsd: 0.36 };
    expect(isExcused(verdict)).toBe(true);
    expect(isExcused({ ...verdict, usd: 0.361 })).toBe(false);
    const { excusedUsd: _bound, ...unbounded } = verdict;
    expect(isExcused(unbounded)).toBe(false);
  });
});

describe('the flags of a bench', () => {
  const read = (...args: string[]) => readFlags(args, { logSeconds: 30 }, ['check'], 'Help.');
  it('have defaults', () => expect(read()).toMatchObject({ numbers: { logSeconds: 30 }, check: false }));
  it('are read', () =>
    expect(read('--log-seconds', '5', '--check')).toMatchObject({ numbers: { logSeconds: 5 }, check: true }));
  it.each([['--log-seconds', 'x'], ['--log-seconds=-1'], ['--other', '1'], ['word']])('refuse %s', (...args) =>
    expect(read(...args)).toMatchObject({ code: 2 }),
  );
  it('let no quick run write its figures down', () => {
    const run = (...args: string[]) => readFlags(args, {}, ['quick', 'update'], 'Help.');
    expect(run('--quick', '--update')).toEqual({ said: expect.stringContaining('exclude each other'), code: 2 });
    expect(run('--quick')).toMatchObject({ quick: true, update: false });
    expect(run('--update')).toMatchObject({ quick: false, update: true });
  });
  it('may be said several times, where that is meant', () => {
    const against = (...args: string[]) => readFlags(args, {}, [], 'Help.', ['against']);
    expect(against()).toEqual({ numbers: {}, lists: { against: [] } });
    expect(against('--against', 'a', '--against', 'b')).toEqual({ numbers: {}, lists: { against: ['a', 'b'] } });
  });
  it('have a help that names them', () =>
    expect(read('--help')).toEqual({ said: 'Help.\n  --log-seconds 30\n', code: 0 }));
});
