import { ref } from './cloudformation.ts';
import { buildQueueName, deadLetterQueueName } from './queues.ts';
import { tableName } from './tables.ts';

/** A metric as CloudWatch knows it. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions?: Readonly<Record<string, string | object>>;
  readonly statistic: 'Sum' | 'Maximum' | 'Average';
}

/** Where the functions' own figures are (`lib/runtime/metrics.ts`). */
export const metricsNamespace = (stage: string) => `buildlatch-${stage}`;

/** All that is watched, the functions' own figures and those of AWS. */
export function metricsOf(stage: string) {
  const own = (name: string, statistic: Metric['statistic'] = 'Sum'): Metric => ({
    namespace: metricsNamespace(stage),
    name,
    statistic,
  });
  const ofQueue = (QueueName: string, name: string): Metric => ({
    namespace: 'AWS/SQS',
    name,
    dimensions: { QueueName },
    statistic: 'Maximum',
  });
  const ofFunction = (name: string, metric: string): Metric => ({
    namespace: 'AWS/Lambda',
    name: metric,
    dimensions: { FunctionName: `buildlatch-${stage}-${name}` },
    statistic: 'Sum',
  });
  const ofApi = (name: string): Metric => ({
    namespace: 'AWS/ApiGateway',
    name,
    dimensions: { ApiId: ref('HttpApi') },
    statistic: 'Sum',
  });
  const ofTable = (name: string): Metric => ({
    namespace: 'AWS/DynamoDB',
    name,
    dimensions: { TableName: tableName(stage) },
    statistic: 'Sum',
  });
  return {
    assignments: own('Assignments'),
    pickupLatency: own('PickupLatency', 'Average'),
    refusals: own('Refusals'),
    conflicts: own('Conflicts'),
    timeouts: own('Timeouts'),
    unavailable: own('Unavailable'),
    requeues: own('Requeues'),
    attemptsExhausted: own('AttemptsExhausted'),
    leaseLosses: own('LeaseLosses'),
    failedRepairs: own('FailedRepairs'),
    internalErrors: own('InternalErrors'),
    iosAge: ofQueue(buildQueueName(stage, 'ios'), 'ApproximateAgeOfOldestMessage'),
    androidAge: ofQueue(buildQueueName(stage, 'android'), 'ApproximateAgeOfOldestMessage'),
    iosWaiting: ofQueue(buildQueueName(stage, 'ios'), 'ApproximateNumberOfMessagesVisible'),
    androidWaiting: ofQueue(buildQueueName(stage, 'android'), 'ApproximateNumberOfMessagesVisible'),
    deadLetters: ofQueue(deadLetterQueueName(stage), 'ApproximateNumberOfMessagesVisible'),
    requests: ofApi('Count'),
    refusedRequests: ofApi('4xx'),
    serverErrors: ofApi('5xx'),
    sweepRuns: ofFunction('sweep', 'Invocations'),
    sweepErrors: ofFunction('sweep', 'Errors'),
    heartbeatThrottles: ofFunction('heartbeat', 'Throttles'),
    tableThrottles: ofTable('WriteThrottleEvents'),
  } satisfies Record<string, Metric>;
}
