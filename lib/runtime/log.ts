import type { AppEvent } from '../app/ports.ts';
import { currentRequestId } from './deadline.ts';
import { METRICS_NAMESPACE } from './env.ts';
import { isExpectedError } from './expected-error.ts';
import { embedded } from './metrics.ts';

type RuntimeEvent =
  | { event: 'request_done'; requestId: string; route: string; status: number; ms: number; by?: string; code?: string }
  | { event: 'request_failed'; requestId: string; route: string; error: unknown }
  | { event: 'request_unavailable'; requestId: string; route: string; error: unknown }
  | { event: 'write_conflicted' }
  | { event: 'record_failed'; messageId: string; error: unknown }
  | { event: 'record_malformed'; messageId: string }
  | { event: 'sweep_done'; requeued: number; lost: number; resent: number; timedOut: number; failed: number };

export type LogEvent = AppEvent | RuntimeEvent;
type Level = 'info' | 'warn' | 'error';

/** Every event there is. What is expected in a healthy system is info; what a person should look into is error. */
const LEVELS = {
  build_submitted: 'info',
  build_assigned: 'info',
  assignment_repeated: 'info',
  assignment_refused: 'info',
  message_malformed: 'error',
  message_left_to_timeout: 'warn',
  line_not_read: 'warn',
  build_completed: 'info',
  build_failed: 'info',
  build_cancelled: 'info',
  build_requeued: 'warn',
  build_resent: 'info',
  build_given_back: 'info',
  build_retried: 'info',
  certs_read: 'info',
  certs_deleted: 'info',
  certs_not_deleted: 'warn',
  event_not_stored: 'warn',
  finish_ignored: 'info',
  vm_admitted: 'info',
  otp_wrong: 'warn',
  worker_registered: 'info',
  worker_left: 'info',
  worker_draining: 'info',
  worker_revoked: 'info',
  worker_pardoned: 'info',
  queue_paused: 'info',
  queue_resumed: 'info',
  key_created: 'info',
  key_revoked: 'info',
  send_left_to_sweep: 'warn',
  repair_failed: 'error',
  request_done: 'info',
  request_failed: 'error',
  request_unavailable: 'warn',
  write_conflicted: 'info',
  record_failed: 'error',
  record_malformed: 'error',
  sweep_done: 'info',
} as const satisfies Record<LogEvent['event'], Level>;

/**
 * One JSON line on standard output, as CloudWatch takes it; with a namespace it counts too. Never given tokens, headers,
 * bodies or the environment.
 */
export function log(entry: LogEvent, namespace = METRICS_NAMESPACE): void {
  const { event, ...fields } = entry;
  const now = new Date();
  const requestId = currentRequestId();
  const line = {
    time: now.toISOString(),
    level: LEVELS[event],
    event,
    ...(requestId !== undefined && { requestId }),
    ...fields,
    ...('error' in fields && { error: described(fields.error) }),
    ...(namespace && embedded(entry, namespace, now.getTime())),
  };
  // Without a function that looks at each value: this is written for every request.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const described = (error: unknown) => (error instanceof Error ? describe(error) : error);

/** The stack of the unexpected; of the expected the sentence is enough. */
function describe(error: Error): Record<string, unknown> {
  const cause = error.cause instanceof Error ? { cause: describe(error.cause) } : {};
  const stack = isExpectedError(error) ? {} : { stack: error.stack };
  return { name: error.name, message: error.message, ...cause, ...stack };
}
