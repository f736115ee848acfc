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

/** CloudFormation resources, by logical id (`DeadLettersQueue`, `IosQueue`, `AndroidQueue`). */
export function queueResources(stage: string): Record<string, object> {
  const resources: Record<string, object> = {};
  for (const queue of queueDefinitions(stage)) {
    resources[queueLogicalId(queue.name, stage)] = {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: queue.name,
        VisibilityTimeout: queue.visibilitySeconds,
        MessageRetentionPeriod: queue.retentionSeconds,
        SqsManagedSseEnabled: true,
        ...(queue.deadLetters && {
          RedrivePolicy: {
            deadLetterTargetArn: { 'Fn::GetAtt': [queueLogicalId(queue.deadLetters.name, stage), 'Arn'] },
            maxReceiveCount: queue.deadLetters.maxReceiveCount,
          },
        }),
      },
    };
  }
  return resources;
}

function queueLogicalId(name: string, stage: string): string {
  const words = name.slice(`buildlatch-${stage}-`.length).split('-');
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Queue`;
}
