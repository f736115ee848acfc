import { ref } from './cloudformation.ts';
import { type Metric, metricsOf } from './metrics.ts';
import { param } from './stages.ts';

/** Whoever is woken must be told what it means for users and where it says what to do: without both there is no alarm. */
interface Alarm {
  /** What users feel. */
  readonly impact: string;
  /** The heading in `RUNBOOK.md`. */
  readonly runbook: string;
  readonly metric: Metric;
  readonly above: number;
  readonly minutes: number;
  /** Of so many periods in a row; one period where nothing is said. */
  readonly times?: number;
  /** What silence means: nothing to count is good, but for what must go on by itself. */
  readonly isBadIfSilent?: true;
  readonly isBelow?: true;
}

/** By name; the logical id is the name with `Alarm` behind it. */
export function alarms(stage: string): Record<string, Alarm> {
  const metrics = metricsOf(stage);
  return {
    SweepStopped: {
      impact: 'lost workers are not noticed: their builds wait for ever',
      runbook: 'SweepStopped',
      metric: metrics.sweepRuns,
      above: 1,
      isBelow: true,
      isBadIfSilent: true,
      minutes: 5,
    },
    SweepFails: {
      impact: 'builds of lost workers are handed on late or not at all',
      runbook: 'SweepFails',
      metric: metrics.sweepErrors,
      above: 1,
      minutes: 5,
      times: 2,
    },
    RepairsFail: {
      impact: 'single builds stay where they are',
      runbook: 'RepairsFail',
      metric: metrics.failedRepairs,
      above: 5,
      minutes: 15,
    },
    DeadLettersStay: {
      impact: 'builds whose messages nobody could use are not marked as failed',
      runbook: 'DeadLettersStay',
      metric: metrics.deadLetters,
      above: 1,
      minutes: 5,
      times: 3,
    },
    IosBuildsWait: {
      impact: 'iOS builds have waited for half an hour',
      runbook: 'IosBuildsWait',
      metric: metrics.iosAge,
      above: 1800,
      minutes: 5,
    },
    AndroidBuildsWait: {
      impact: 'Android builds have waited for half an hour',
      runbook: 'AndroidBuildsWait',
      metric: metrics.androidAge,
      above: 1800,
      minutes: 5,
    },
    ServerErrors: {
      impact: 'clients are told to come back later, or get no answer',
      runbook: 'ServerErrors',
      metric: metrics.serverErrors,
      above: 10,
      minutes: 5,
      times: 2,
    },
    InternalErrors: {
      impact: 'a request met a fault in the code and will meet it again',
      runbook: 'InternalErrors',
      metric: metrics.internalErrors,
      above: 1,
      minutes: 5,
    },
    Timeouts: {
      impact: 'polls and reports end without effect and are repeated',
      runbook: 'Timeouts',
      metric: metrics.timeouts,
      above: 10,
      minutes: 5,
      times: 2,
    },
    Conflicts: {
      impact: 'assignments take several tries, workers wait longer',
      runbook: 'Conflicts',
      metric: metrics.conflicts,
      above: 100,
      minutes: 5,
      times: 2,
    },
    WorkersLost: {
      impact: 'builds begin anew on other workers',
      runbook: 'WorkersLost',
      metric: metrics.requeues,
      above: 5,
      minutes: 15,
    },
    AttemptsExhausted: {
      impact: 'builds failed although nothing may be wrong with them',
      runbook: 'AttemptsExhausted',
      metric: metrics.attemptsExhausted,
      above: 1,
      minutes: 15,
    },
    HeartbeatsThrottled: {
      impact: 'workers may lose the leases of builds that they are building',
      runbook: 'HeartbeatsThrottled',
      metric: metrics.heartbeatThrottles,
      above: 1,
      minutes: 1,
      times: 2,
    },
    TableThrottled: {
      impact: 'every change of a build is slow or refused for the moment',
      runbook: 'TableThrottled',
      metric: metrics.tableThrottles,
      above: 1,
      minutes: 5,
      times: 2,
    },
  };
}

/** The alarms, and the topic that they tell; `--param alarmEmail=...` subscribes somebody to it. */
export function alarmResources(stage: string): Record<string, object> {
  const resources = Object.entries(alarms(stage)).map(([name, alarm]) => [
    `${name}Alarm`,
    resourceOf(stage, name, alarm),
  ]);
  return {
    AlarmTopic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: `buildlatch-${stage}-alarms` } },
    AlarmTopicPolicy: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [ref('AlarmTopic')], PolicyDocument } },
    AlarmEmail: {
      Type: 'AWS::SNS::Subscription',
      Condition: 'HasAlarmEmail',
      Properties: { TopicArn: ref('AlarmTopic'), Protocol: 'email', Endpoint: param('alarmEmail') },
    },
    ...Object.fromEntries(resources),
  };
}

const PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'AlarmsOfThisAccount',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: ref('AlarmTopic'),
      Condition: { StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') } },
    },
  ],
};

function resourceOf(stage: string, name: string, alarm: Alarm) {
  const { impact, runbook, metric, above, minutes, times = 1, isBadIfSilent, isBelow } = alarm;
  const { namespace, name: MetricName, dimensions = {}, statistic } = metric;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `buildlatch-${stage}-${name}`,
      AlarmDescription: `${impact}. What to do: infra/RUNBOOK.md, ${runbook}`,
      Namespace: namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: statistic,
      Period: minutes * 60,
      EvaluationPeriods: times,
      Threshold: above,
      ComparisonOperator: isBelow ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
      TreatMissingData: isBadIfSilent ? 'breaching' : 'notBreaching',
      AlarmActions: [ref('AlarmTopic')],
      OKActions: [ref('AlarmTopic')],
    },
  };
}
