import type { EnvName } from '../lib/runtime/env.ts';
import { SETTING_NAMES, type SettingName } from '../lib/runtime/settings.ts';
import { alarmResources } from './alarms.ts';
import { apiKeyParameter, certsKeyParameter } from './api-key-parameter.ts';
import { bundleFolder } from './bundle-folder.ts';
import { arnOf, ref } from './cloudformation.ts';
import { dashboardResource } from './dashboard.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { FUNCTIONS } from './functions.ts';
import { metricsNamespace } from './metrics.ts';
import { queueResources } from './queues.ts';
import { roleResource } from './roles.ts';
import { type Keeping, param, STAGE } from './stages.ts';
import { bucketResources } from './storage.ts';
import { tableResource } from './tables.ts';

/** Everything that keeps data, by logical id. */
function dataResources(stage: string, keeping: Keeping): Record<string, object> {
  return {
    [TABLE_ID]: tableResource(stage, keeping),
    ...queueResources(stage),
    ...bucketResources(stage, keeping),
  };
}

const TABLE_ID = 'Table';

/** All that the framework does not make of the functions by itself. */
export function resources(stage: string, keeping: Keeping): Record<string, object> {
  const roles = FUNCTIONS.map(({ file, may }) => [roleId(file), roleResource(stage, nameOf(file), may)] as const);
  return {
    ...dataResources(stage, keeping),
    ...Object.fromEntries(roles),
    ...alarmResources(stage),
    Dashboard: dashboardResource(stage),
  };
}

export const CONDITIONS = {
  ReservesExecutions: { 'Fn::Equals': [param('reserve'), 'yes'] },
  HasAlarmEmail: { 'Fn::Not': [{ 'Fn::Equals': [param('alarmEmail'), ''] }] },
};

/** 20 executions at 30 ms are 660 heartbeats a second. */
const RESERVED_EXECUTIONS = 20;

const described = (Description: string, Value: object) => ({ Description, Value });

/** Beside what the framework tells of itself (`HttpApiUrl` is where clients reach the controller). */
export const OUTPUTS = {
  TableName: described('Builds, workers and logs', ref(TABLE_ID)),
  IosQueueName: described('Builds that wait for iOS', { 'Fn::GetAtt': ['IosQueue', 'QueueName'] }),
  AndroidQueueName: described('Builds that wait for Android', { 'Fn::GetAtt': ['AndroidQueue', 'QueueName'] }),
  DeadLettersQueueName: described('Messages that nobody could use', {
    'Fn::GetAtt': ['DeadLettersQueue', 'QueueName'],
  }),
  SourcesBucketName: described('Sources of builds', ref('SourcesBucket')),
  ResultsBucketName: described('Results of builds', ref('ResultsBucket')),
  DashboardName: described('What to look at in CloudWatch', ref('Dashboard')),
  AlarmTopicArn: described('Where alarms are told', ref('AlarmTopic')),
};

/** What a variable holds on AWS. Those that are not here are left out: endpoints, since the SDK finds the region's own. */
const VALUES: Partial<Record<EnvName, object | string>> = {
  ...(Object.fromEntries(SETTING_NAMES.map((name) => [name, param(name)])) as Record<SettingName, string>),
  TABLE_NAME: ref(TABLE_ID),
  QUEUE_URL_IOS: ref('IosQueue'),
  QUEUE_URL_ANDROID: ref('AndroidQueue'),
  DEAD_LETTERS_QUEUE_URL: ref('DeadLettersQueue'),
  SOURCES_BUCKET: ref('SourcesBucket'),
  RESULTS_BUCKET: ref('ResultsBucket'),
  CERTS_BUCKET: ref('CertsBucket'),
};

/** What every function is given: the name of the API key, never the key; and where it counts. */
export const commonEnvironment = (stage: string) => ({
  API_KEY_PARAMETER: apiKeyParameter(stage),
  METRICS_NAMESPACE: metricsNamespace(stage),
});

const nameOf = (file: string) => file.split('/').at(-1) ?? file;

const roleId = (file: string) =>
  `${nameOf(file)
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Role`;

/** Every function of `FUNCTIONS` as the Serverless Framework describes one, by its deployed name. */
export function deployedFunctions(): Record<string, object> {
  return Object.fromEntries(
    FUNCTIONS.map((definition) => {
      const folder = bundleFolder(definition.file);
      const description = {
        handler: `${folder}/index.handler`,
        package: { patterns: [`${folder}/**`] },
        role: arnOf(roleId(definition.file)),
        timeout: definition.timeoutSeconds,
        memorySize: definition.memoryMb,
        environment: environmentOf(definition),
        events: eventsOf(definition),
        ...(definition.isReserved && {
          reservedConcurrency: { 'Fn::If': ['ReservesExecutions', RESERVED_EXECUTIONS, ref('AWS::NoValue')] },
        }),
      };
      return [nameOf(definition.file), description];
    }),
  );
}

/** Of the key for signing material, too, the functions that use it are given the name. */
function environmentOf({ env }: FunctionDefinition): Record<string, object | string> {
  const named = env.flatMap((name) => (VALUES[name] ? [[name, VALUES[name]]] : []));
  const keys = env.includes('CERTS_KEY') ? [['CERTS_KEY_PARAMETER', certsKeyParameter(STAGE)]] : [];
  return Object.fromEntries([...named, ...keys]);
}

/** The fewest that AWS takes: dead letters are rare, and each is one write. */
const CONSUMERS_AT_ONCE = 2;

function eventsOf({ trigger }: FunctionDefinition): object[] {
  switch (trigger.kind) {
    case 'http':
      return trigger.routes.map((route) => ({ httpApi: route === '$default' ? '*' : route }));
    case 'queue': {
      const { batchSize } = trigger;
      const how = { functionResponseType: 'ReportBatchItemFailures', maximumConcurrency: CONSUMERS_AT_ONCE };
      return [{ sqs: { arn: arnOf('DeadLettersQueue'), batchSize, ...how } }];
    }
    case 'schedule':
      return [{ schedule: { rate: [`rate(${trigger.everySeconds / 60} minute)`], method: 'eventBus' } }];
  }
}
