import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alarmResources, alarms } from '../../infra/alarms.ts';
import { dashboardResource } from '../../infra/dashboard.ts';
import { FUNCTIONS } from '../../infra/functions.ts';
import { metricsNamespace, metricsOf } from '../../infra/metrics.ts';
import { queueDefinitions } from '../../infra/queues.ts';
import { tableName } from '../../infra/tables.ts';
import type { LogEvent } from '../../lib/runtime/log.ts';
import { figuresOf } from '../../lib/runtime/metrics.ts';

const runbook = readFileSync(join(import.meta.dirname, '../../infra/RUNBOOK.md'), 'utf8');
const [, ...sections] = runbook.split(/^## /m);
const headings = sections.map((section) => section.split('\n')[0]);
const all = Object.entries(alarms('test'));

/** Every event that is counted, and one that is not. */
const COUNTED: readonly LogEvent[] = [
  { event: 'build_assigned', buildId: 'b', attempt: 1, workerId: 'w', assignmentId: 'a', waitedMs: 5 },
  { event: 'assignment_refused', buildId: 'b', attempt: 1, workerId: 'w', reason: 'worker_busy' },
  { event: 'write_conflicted' },
  { event: 'build_requeued', buildId: 'b', attempt: 1, workerId: 'w' },
  { event: 'build_failed', buildId: 'b', kind: 'lost_worker' },
  { event: 'build_failed', buildId: 'b', kind: 'build' },
  { event: 'repair_failed', buildId: 'b', error: new Error('no') },
  { event: 'request_failed', requestId: 'r', route: 'GET /', error: new Error('no') },
  { event: 'request_unavailable', requestId: 'r', route: 'GET /', error: new Error('no') },
  {
    event: 'request_unavailable',
    requestId: 'r',
    route: 'GET /',
    error: Object.assign(new Error(), { name: 'TimeoutError' }),
  },
  { event: 'request_done', requestId: 'r', route: 'GET /', status: 409, ms: 1, code: 'lease_lost' },
  { event: 'request_done', requestId: 'r', route: 'GET /', status: 200, ms: 1 },
];

describe('an alarm', () => {
  it('has its section in the runbook, and no section is without its alarm', () => {
    expect(headings).toEqual(all.map(([name]) => name));
    for (const [name, { runbook: heading }] of all) expect(heading).toBe(name);
  });

  it.each(sections.map((section, index) => [headings[index], section]))(
    '%s is explained by meaning, cause, action and command',
    (_name, section = '') => {
      const parts = [...section.matchAll(/^- \*\*(\w+):\*\* \S/gm)].map(([, part]) => part);
      expect(parts).toEqual(['Meaning', 'Cause', 'Action', 'Command']);
      expect(section).toMatch(/\*\*Command:\*\* `[^`]+`$/m);
    },
  );

  it.each(all)(
    '%s says what users feel and where it is explained, and tells somebody, also when it is over',
    (name) => {
      const { Properties } = alarmResources('test')[`${name}Alarm`] as { Properties: Record<string, unknown> };
      expect(Properties['AlarmDescription']).toMatch(new RegExp(`^.{20,}\\. What to do: infra/RUNBOOK.md, ${name}$`));
      expect(Properties).toMatchObject({
        AlarmName: `buildlatch-test-${name}`,
        AlarmActions: [{ Ref: 'AlarmTopic' }],
        OKActions: [{ Ref: 'AlarmTopic' }],
      });
    },
  );

  it('of what must go on by itself also sounds at silence, and no other does', () => {
    const silent = all.filter(([, { isBadIfSilent }]) => isBadIfSilent).map(([name]) => name);
    expect(silent).toEqual(['SweepStopped']);
    expect(alarmResources('test')['SweepStoppedAlarm']).toMatchObject({
      Properties: { TreatMissingData: 'breaching', ComparisonOperator: 'LessThanThreshold' },
    });
  });
});

describe('a metric', () => {
  const metrics = Object.values(metricsOf('test'));

  it('of our own is counted from an event, and each figure of an event is watched', () => {
    const own = metrics.filter(({ namespace }) => namespace === metricsNamespace('test')).map(({ name }) => name);
    const counted = new Set(COUNTED.flatMap((event) => figuresOf(event).map(({ name }) => name)));
    expect([...counted].sort()).toEqual([...own].sort());
  });

  it('of AWS is about a function, a queue, a table or an API that is deployed', () => {
    const names = new Set<unknown>([
      ...FUNCTIONS.map(({ file }) => `buildlatch-test-${file.split('/').at(-1)}`),
      ...queueDefinitions('test').map(({ name }) => name),
      tableName('test'),
    ]);
    for (const { dimensions = {} } of metrics) {
      for (const value of Object.values(dimensions)) {
        if (typeof value === 'string') expect(names).toContain(value);
        else expect(value).toEqual({ Ref: 'HttpApi' });
      }
    }
  });

  it('is on the dashboard, each of them', () => {
    const { 'Fn::Join': join } = dashboardResource('test').Properties.DashboardBody;
    const text = (join[1] as unknown[]).map((part) => (typeof part === 'string' ? part : 'X')).join('');
    const { widgets } = JSON.parse(text);
    const shown = widgets.flatMap((widget: { properties: { metrics: string[][] } }) =>
      widget.properties.metrics.map(([namespace, name]) => `${namespace} ${name}`),
    );
    expect(new Set(shown)).toEqual(new Set(metrics.map(({ namespace, name }) => `${namespace} ${name}`)));
  });
});
