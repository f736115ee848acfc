import { joined, ref } from './cloudformation.ts';
import { type Metric, metricsOf } from './metrics.ts';

type Metrics = ReturnType<typeof metricsOf>;

/** What is seen together: a title and its metrics. Two in a row. */
const WIDGETS: readonly (readonly [string, readonly (keyof Metrics)[]])[] = [
  ['Builds given out, and refused to workers', ['assignments', 'refusals']],
  ['Waiting for a worker: longest (s)', ['iosAge', 'androidAge']],
  ['From submit to assignment (ms)', ['pickupLatency']],
  ['Builds that wait', ['iosWaiting', 'androidWaiting']],
  ['Workers lost', ['requeues', 'attemptsExhausted', 'leaseLosses']],
  ['Transactions that met, calls that took too long', ['conflicts', 'timeouts', 'unavailable']],
  ['Requests', ['requests', 'refusedRequests', 'serverErrors']],
  ['Faults', ['internalErrors', 'failedRepairs', 'sweepErrors', 'sweepRuns', 'deadLetters']],
  ['Throttled', ['heartbeatThrottles', 'tableThrottles']],
];

const WIDTH = 12;
const HEIGHT = 6;

const dashboardName = (stage: string) => `buildlatch-${stage}`;

export function dashboardResource(stage: string) {
  const metrics = metricsOf(stage);
  const widgets = WIDGETS.map(([title, names], index) => ({
    type: 'metric',
    x: (index % 2) * WIDTH,
    y: Math.floor(index / 2) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: {
      title,
      region: PLACES.region,
      period: 60,
      metrics: names.map((name) => rowOf(metrics[name])),
    },
  }));
  return {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: { DashboardName: dashboardName(stage), DashboardBody: filled(JSON.stringify({ widgets })) },
  };
}

/** The body is one text: where it needs what only the deployment knows, it is cut there and joined again. */
const PLACES = { region: '<region>', api: '<api>' } as const;

function rowOf({ namespace, name, dimensions = {}, statistic }: Metric) {
  const pairs = Object.entries(dimensions).flatMap(([key, value]) => [
    key,
    typeof value === 'string' ? value : PLACES.api,
  ]);
  return [namespace, name, ...pairs, { stat: statistic }];
}

function filled(body: string) {
  const parts = body.split(/(<region>|<api>)/).map((part) => {
    if (part === PLACES.region) return ref('AWS::Region');
    return part === PLACES.api ? ref('HttpApi') : part;
  });
  return joined(...parts);
}
