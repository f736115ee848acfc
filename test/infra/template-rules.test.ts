import { describe, expect, it } from 'vitest';
import { brokenRules, type Deployed, TEMPLATE_RULES, type Template } from '../../infra/deploy/template-rules.ts';

type Resources = Record<string, { Type: string; DeletionPolicy?: string; Properties: Record<string, unknown> }>;

const onlyByTls = {
  Statement: [{ Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
};
const block = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
};

/** The least that keeps every rule. */
const good = (): Resources => ({
  Dead: { Type: 'AWS::SQS::Queue', Properties: { SqsManagedSseEnabled: true } },
  Ios: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
    },
  },
  DeadPolicy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Dead' }], PolicyDocument: onlyByTls } },
  IosPolicy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Ios' }], PolicyDocument: onlyByTls } },
  Files: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      PublicAccessBlockConfiguration: block,
      BucketEncryption: {},
      LifecycleConfiguration: {
        Rules: [{ ExpirationInDays: 1 }, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
      },
    },
  },
  FilesPolicy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: { Ref: 'Files' }, PolicyDocument: onlyByTls } },
  Poll: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: 'poll',
      Timeout: 5,
      MemorySize: 256,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Role: { 'Fn::GetAtt': ['PollRole', 'Arn'] },
      Environment: { Variables: { API_KEY_PARAMETER: '/key', TABLE_NAME: 'builds' } },
    },
  },
  PollLog: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/lambda/poll', RetentionInDays: 14 } },
  PollRole: {
    Type: 'AWS::IAM::Role',
    Properties: { Policies: [{ Statement: [{ Action: ['s3:GetObject'], Resource: ['arn:x/*'] }] }] },
  },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: { MaximumConcurrency: 2 } },
  },
  Stage: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { DefaultRouteSettings: { ThrottlingRateLimit: 1 }, AccessLogSettings: { Format: '{"a":"b"}' } },
  },
  Table: {
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: 'Retain',
    Properties: {
      DeletionProtectionEnabled: true,
      TimeToLiveSpecification: { Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
  },
});

const deployed: Deployed = {
  functions: { poll: ['TABLE_NAME'] },
  commonVariables: ['API_KEY_PARAMETER'],
  keepsData: true,
};

/** What is done to a good template, the resource that is to blame, and words of the rule that must notice. */
const BREAKS: readonly [string, string, RegExp, (resources: Resources) => void][] = [
  ['a queue without redrive', 'Ios', /puts aside/, (all) => delete all['Ios']?.Properties['RedrivePolicy']],
  [
    'a queue in the clear',
    'Dead',
    /queue is encrypted/,
    (all) => delete all['Dead']?.Properties['SqsManagedSseEnabled'],
  ],
  ['a queue without TLS', 'Ios', /queue is encrypted/, (all) => delete all['IosPolicy']],
  [
    'a bucket half open',
    'Files',
    /bucket is private/,
    (all) => set(all, 'Files', { PublicAccessBlockConfiguration: { ...block, BlockPublicAcls: false } }),
  ],
  ['a bucket in the clear', 'Files', /bucket is private/, (all) => delete all['Files']?.Properties['BucketEncryption']],
  ['a bucket that keeps all', 'Files', /forgets/, (all) => delete all['Files']?.Properties['LifecycleConfiguration']],
  ['a bucket without TLS', 'Files', /forgets/, (all) => delete all['FilesPolicy']],
  ['a function without end', 'Poll', /how long/, (all) => delete all['Poll']?.Properties['Timeout']],
  ['a function of any size', 'Poll', /how long/, (all) => delete all['Poll']?.Properties['MemorySize']],
  ['an old runtime', 'Poll', /how long/, (all) => set(all, 'Poll', { Runtime: 'nodejs20.x' })],
  ['a log for ever', 'Poll', /log that ends/, (all) => delete all['PollLog']?.Properties['RetentionInDays']],
  [
    'a role from elsewhere',
    'Poll',
    /role of its own/,
    (all) => set(all, 'Poll', { Role: 'arn:aws:iam::1:role/admin' }),
  ],
  ['all actions', 'PollRole', /do everything/, (all) => set(all, 'PollRole', { Policies: [{ Action: 's3:*' }] })],
  ['all resources', 'PollRole', /do everything/, (all) => set(all, 'PollRole', { Policies: [{ Resource: ['*'] }] })],
  ['a managed policy', 'PollRole', /do everything/, (all) => set(all, 'PollRole', { ManagedPolicyArns: ['arn'] })],
  ['a key in a variable', 'Poll', /holds a secret/, (all) => setVariable(all, 'CONTROLLER_API_KEY', 'k')],
  ['a key named like a time', 'Poll', /holds a secret/, (all) => setVariable(all, 'BUILD_TOKEN_DAYS', 'k3y')],
  ['a resolved variable', 'Poll', /holds a secret/, (all) => setVariable(all, 'TABLE_NAME', '{{resolve:ssm:/x}}')],
  ['an undeclared variable', 'poll', /declares/, (all) => setVariable(all, 'RESULTS_BUCKET', 'x')],
  ['a function left out', 'poll', /declares/, (all) => delete all['Poll']],
  [
    'a batch that fails as one',
    'Mapping',
    /each record/,
    (all) => delete all['Mapping']?.Properties['FunctionResponseTypes'],
  ],
  ['an unbounded consumer', 'Mapping', /few at once/, (all) => delete all['Mapping']?.Properties['ScalingConfig']],
  ['an API without limits', 'Stage', /throttled/, (all) => delete all['Stage']?.Properties['DefaultRouteSettings']],
  ['an API without log', 'Stage', /log is JSON/, (all) => delete all['Stage']?.Properties['AccessLogSettings']],
  [
    'a table without history',
    'Table',
    /restored/,
    (all) => delete all['Table']?.Properties['PointInTimeRecoverySpecification'],
  ],
  ['a table that can go', 'Table', /protected/, (all) => set(all, 'Table', { DeletionProtectionEnabled: false })],
];

function set(all: Resources, id: string, properties: Record<string, unknown>): void {
  Object.assign(all[id]?.Properties ?? {}, properties);
}

function setVariable(all: Resources, name: string, value: string): void {
  set(all, 'Poll', { Environment: { Variables: { API_KEY_PARAMETER: '/key', TABLE_NAME: 'builds', [name]: value } } });
}

const rulesOf = (Resources: Resources) => brokenRules({ Resources } satisfies Template, deployed);

describe('the rules for templates', () => {
  it('find nothing in the least that keeps them all', () => expect(rulesOf(good())).toEqual([]));

  it('take the days for which a token is good for no secret', () => {
    const resources = good();
    setVariable(resources, 'BUILD_TOKEN_DAYS', '30');
    expect(rulesOf(resources).filter((said) => said.includes('secret'))).toEqual([]);
  });

  it.each(BREAKS)('find %s', (_what, id, says, spoil) => {
    const resources = good();
    spoil(resources);
    expect(rulesOf(resources)).toContainEqual(expect.stringMatching(new RegExp(`^${id}: .*${says.source}`)));
  });

  it('find two functions with one role', () => {
    const resources = good();
    const again = structuredClone(resources['Poll']);
    if (again) resources['Again'] = again;
    expect(rulesOf(resources)).toEqual(expect.arrayContaining([expect.stringMatching(/^Poll: .*role of its own/)]));
  });

  it('are each broken by one of these', () => {
    const unbroken = TEMPLATE_RULES.filter(({ says }) => !BREAKS.some(([, , words]) => words.test(says)));
    expect(unbroken).toEqual([]);
  });
});
