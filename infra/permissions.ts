import { certsKeyParameter } from './api-key-parameter.ts';
import { arn, arnOf, joined } from './cloudformation.ts';
import { STAGE } from './stages.ts';

/** Parts are put with the permission for objects. */
const OBJECT_ACTIONS = ['GetObject', 'PutObject', 'ListMultipartUploadParts', 'AbortMultipartUpload'] as const;

/** What a permission may be for, and the actions that anything here has a use for. A new action is added here first. */
const TARGETS = {
  /** A transaction needs the permissions of its parts; there is none of its own. */
  table: {
    service: 'dynamodb',
    actions: ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
    resources: [arnOf('Table')],
  },
  'index.due': { service: 'dynamodb', actions: ['Query'], resources: [joined(arnOf('Table'), '/index/due')] },
  'index.listed': { service: 'dynamodb', actions: ['Query'], resources: [joined(arnOf('Table'), '/index/listed')] },
  'index.finished': { service: 'dynamodb', actions: ['Query'], resources: [joined(arnOf('Table'), '/index/finished')] },
  'index.state': { service: 'dynamodb', actions: ['Query'], resources: [joined(arnOf('Table'), '/index/state')] },
  'index.platform': { service: 'dynamodb', actions: ['Query'], resources: [joined(arnOf('Table'), '/index/platform')] },
  'index.waiting': { service: 'dynamodb', actions: ['Query'], resources: [joined(arnOf('Table'), '/index/waiting')] },
  'index.worker': { service: 'dynamodb', actions: ['Query'], resources: [joined(arnOf('Table'), '/index/worker')] },
  builds: {
    service: 'sqs',
    actions: ['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'],
    resources: [arnOf('IosQueue'), arnOf('AndroidQueue')],
  },
  /** What the event source mapping does, it does with the role of its function. */
  deadLetters: {
    service: 'sqs',
    actions: ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'],
    resources: [arnOf('DeadLettersQueue')],
  },
  sources: { service: 's3', actions: OBJECT_ACTIONS, resources: [joined(arnOf('SourcesBucket'), '/*')] },
  results: { service: 's3', actions: OBJECT_ACTIONS, resources: [joined(arnOf('ResultsBucket'), '/*')] },
  certs: {
    service: 's3',
    actions: ['GetObject', 'PutObject', 'DeleteObject'],
    resources: [joined(arnOf('CertsBucket'), '/*')],
  },
  'certs.bucket': { service: 's3', actions: ['ListBucket'], resources: [arnOf('CertsBucket')] },
  certsKey: {
    service: 'ssm',
    actions: ['GetParameter'],
    resources: [arn('ssm', `parameter${certsKeyParameter(STAGE)}`)],
  },
  /** Only with it S3 says of an object that is not there 404, and without it 403. */
  'sources.bucket': { service: 's3', actions: ['ListBucket'], resources: [arnOf('SourcesBucket')] },
  'results.bucket': { service: 's3', actions: ['ListBucket'], resources: [arnOf('ResultsBucket')] },
} as const;

type Targets = typeof TARGETS;
type Target = keyof Targets;
export type Permission = { [T in Target]: `${T}:${Targets[T]['actions'][number]}` }[Target];

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly object[];
}

/** One statement for each thing. */
export function statementsFor(permissions: readonly Permission[]): Statement[] {
  const byTarget = new Map<Target, string[]>();
  for (const permission of permissions) {
    const [target, action] = permission.split(':') as [Target, string];
    byTarget.set(target, [...(byTarget.get(target) ?? []), action]);
  }
  return [...byTarget].map(([target, actions]) => {
    const { service, resources } = TARGETS[target];
    const Action = actions.map((action) => `${service}:${action}`).sort();
    return { Sid: sidOf(target), Effect: 'Allow', Action, Resource: resources };
  });
}

const sidOf = (target: string) =>
  target
    .split('.')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
