import type { Scope } from '../domain/api-key.ts';
import type { AssignRefusal } from '../domain/assignment.ts';
import type { Platform } from '../domain/build.ts';
import type { FailureKind } from '../domain/failure.ts';

/** What happened, for the log: one build's events read as its story. */
export type AppEvent =
  | { event: 'build_submitted'; buildId: string; platform: Platform; sourceSize: number }
  | {
      event: 'build_assigned';
      buildId: string;
      attempt: number;
      workerId: string;
      assignmentId: string;
      waitedMs: number;
    }
  | { event: 'assignment_repeated'; buildId: string; attempt: number; workerId: string }
  | { event: 'assignment_refused'; buildId: string; attempt: number; workerId: string; reason: AssignRefusal }
  | { event: 'message_malformed'; messageId: string }
  | { event: 'message_left_to_timeout'; messageId: string; error: unknown }
  | { event: 'line_not_read'; error: unknown }
  | { event: 'build_completed'; buildId: string; attempt?: number; workerId: string; resultSha256: string }
  | { event: 'build_failed'; buildId: string; attempt?: number; kind: FailureKind; workerId?: string }
  | { event: 'build_cancelled'; buildId: string; attempt?: number; workerId?: string }
  | { event: 'build_requeued'; buildId: string; attempt: number; workerId: string }
  | { event: 'build_given_back'; buildId: string; attempt: number; workerId: string }
  | { event: 'certs_read'; buildId: string; attempt: number; workerId: string }
  | { event: 'certs_deleted'; buildId: string }
  | { event: 'certs_not_deleted'; buildId: string; error: unknown }
  | { event: 'build_retried'; buildId: string; retryId: string }
  | { event: 'event_not_stored'; buildId: string; error: unknown }
  | { event: 'build_resent'; buildId: string; attempt: number; sends: number }
  | { event: 'finish_ignored'; buildId: string; workerId: string; reason: string }
  | { event: 'vm_admitted'; buildId: string; attempt: number }
  | { event: 'otp_wrong'; buildId: string; attempt: number }
  | { event: 'worker_registered'; workerId: string; epoch: number }
  | { event: 'worker_left'; workerId: string }
  | { event: 'worker_draining'; workerId: string; isDraining: boolean }
  | { event: 'worker_revoked'; workerId: string; by: string }
  | { event: 'worker_pardoned'; workerId: string }
  | { event: 'queue_paused'; platform: Platform; reason: string; by: string }
  | { event: 'queue_resumed'; platform: Platform; pausedSince: number; by: string }
  | { event: 'key_created'; keyId: string; scopes: readonly Scope[]; by: string }
  | { event: 'key_revoked'; keyId: string; by: string }
  | { event: 'send_left_to_sweep'; buildId: string; error: unknown }
  | { event: 'repair_failed'; buildId: string; error: unknown };

export type Report = (event: AppEvent) => void;
