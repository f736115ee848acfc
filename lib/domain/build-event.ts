import type { Build } from './build.ts';
import type { FailureKind } from './failure.ts';

export const BUILD_EVENT_TYPES = [
  'submitted',
  'assigned',
  'started',
  'certs_read',
  'requeued',
  'given_back',
  'completed',
  'failed',
  'cancelled',
  'retried',
] as const;
type BuildEventType = (typeof BUILD_EVENT_TYPES)[number];

/** One change of a build's state: who made it, when, in which attempt, and why. Never changed once written. */
export interface BuildEvent {
  readonly type: BuildEventType;
  readonly at: number;
  readonly attempt: number;
  /** `worker <id>`, `key <id>`, or the part of the controller that acted. */
  readonly by: string;
  readonly kind?: FailureKind;
  readonly why?: string;
}

/** What is worth telling of a submit, if anything is. */
export function whySubmitted({ originalBuildId, labels, priority }: Build): { why?: string } {
  const parts = [
    ...(originalBuildId === undefined ? [] : [`retry of ${originalBuildId}`]),
    ...(labels ? [`for a worker with ${labels.join(', ')}`] : []),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
  ];
  return parts.length > 0 ? { why: parts.join('; ') } : {};
}

export const byWorker = (workerId: string) => `worker ${workerId}`;
export const byKey = (keyId: string) => `key ${keyId}`;
export const BY_SUBMITTER = 'submitter';
export const BY_SWEEP = 'sweep';
export const BY_CONTROLLER = 'controller';
