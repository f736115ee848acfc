import { arn, arnOf, ref } from './cloudformation.ts';

/** One queue for each platform a build can be for: a poller receives only what its worker can build. */
const PLATFORMS = ['ios', 'android'] as const;

/**
 * 30 s = 6 × the 5 s within which a poll answers (AWS's advice for consumers). It stands in for the old controller's
 * transaction timeout: whatever dies between receive and commit gives its message back by itself.
 */
export const VISIBILITY_SECONDS = 30;

/** 4 days, the SQS default. The sweep re-sends what has waited longer. */
const RETENTION_SECONDS = 4 * 24 * 3600;

/** 14 days, the most SQS allows: dead letters wait for a person. */
const DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600;

/** Receives are not failures (a poll may lose a race and give back): attempts are counted in the table, this is the last net. */
export const MAX_RECEIVE_COUNT = 50;

export const deadLetterQueueName = (stage: string) => `buildlatch-${stage}-dead-letters`;
export const buildQueueName = (stage: string, platform: string) => `buildlatch-${stage}-${platform}`;

export interface QueueDefinition {
  readonly name: string;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  /** Name of the queue that takes a message after `maxReceiveCount` receives. */
  readonly deadLetters?: { readonly name: string; readonly maxReceiveCount: number };
}

/** All queues, dead letters first: a redrive policy must name a queue that exists. */
export function queueDefinitions(stage: string): QueueDefinition[] {
  const deadLetters = deadLetterQueueName(stage);
  return [
    { name: deadLetters, visibilitySeconds: VISIBILITY_SECONDS, retentionSeconds: DEAD_LETTER_RETENTION_SECONDS },
    ...PLATFORMS.map((platform) => ({
      name: buildQueueName(stage, platform),
      visibilitySeconds: VISIBILITY_SECONDS,
      retentionSeconds: RETENTION_SECONDS,
      deadLetters: { name: deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    })),
  ];
}

/** CloudFormation resources, by logical id (`DeadLettersQueue`, `IosQueue`, `AndroidQueue`), each with its policy. */
export function queueResources(stage: string): Record<string, object> {
  const definitions = queueDefinitions(stage);
  const sources = definitions.filter(({ deadLetters }) => deadLetters).map(({ name }) => arn('sqs', name));
  const resources: Record<string, object> = {};
  for (const queue of definitions) {
    const { deadLetters } = queue;
    resources[queueLogicalId(queue.name, stage)] = {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: queue.name,
        VisibilityTimeout: queue.visibilitySeconds,
        MessageRetentionPeriod: queue.retentionSeconds,
        SqsManagedSseEnabled: true,
        ...(deadLetters && {
          RedrivePolicy: {
            deadLetterTargetArn: arnOf(queueLogicalId(deadLetters.name, stage)),
            maxReceiveCount: deadLetters.maxReceiveCount,
          },
        }),
        // By name, as the queues refer to each other.
        RedriveAllowPolicy: deadLetters
          ? { redrivePermission: 'denyAll' }
          : { redrivePermission: 'byQueue', sourceQueueArns: sources },
      },
    };
  }
  const policies = Object.keys(resources).map((id) => [`${id}Policy`, onlyByTls(id)] as const);
  return { ...resources, ...Object.fromEntries(policies) };
}

function onlyByTls(id: string) {
  const statement = {
    Sid: 'OnlyByTls',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: arnOf(id),
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const PolicyDocument = { Version: '2012-10-17', Statement: [statement] };
  return { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [ref(id)], PolicyDocument } };
}

function queueLogicalId(name: string, stage: string): string {
  const words = name.slice(`buildlatch-${stage}-`.length).split('-');
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Queue`;
}
