import * as z from 'zod/mini';
import { WORKER_LOG_LEVELS } from '../../lib/domain/log-line.ts';
import type { WorkerState } from '../../lib/domain/worker.ts';
import { Abandonment, Failure, Finish, Heartbeat, HeldBuild, LogLines } from '../../lib/runtime/inputs/holder.ts';
import { AWorker, Draining, NamedWorker, Registration, WorkerPage } from '../../lib/runtime/inputs/workers.ts';
import { type Description, file, json } from './description.ts';
import { redirected } from './downloads.ts';
import { count, done, id, labels, ms, platform, seconds } from './fields.ts';

const Registered = z.object({
  id,
  workerID: id,
  access_token: z.string(),
  status: z.enum(['registered', 're-registered']),
  message: z.string(),
  lease_seconds: seconds,
  heartbeat_seconds: seconds,
  next_poll_ms: count,
});

const Worker = z.object({
  id,
  name: z.string(),
  state: z.enum(['idle', 'building', 'offline', 'draining', 'quarantined'] satisfies WorkerState[]),
  is_draining: z.boolean(),
  quarantined_until: z.nullable(ms),
  capabilities: z.object({ platforms: z.array(platform) }),
  labels,
  registered_at: ms,
  last_seen_at: ms,
  current_build_id: z.nullable(id),
  current_attempt: z.nullable(count),
  completed_builds: count,
  failed_builds: count,
  mean_build_ms: z.nullable(ms),
});

const WorkerStats = z.object({
  totalBuilds: count,
  successfulBuilds: count,
  failedBuilds: count,
  workerName: z.string(),
  status: z.enum(['idle', 'building', 'offline']),
  uptime: z.string(),
});

const Job = z.object({
  id,
  platform,
  source_url: z.string(),
  certs_url: z.nullable(z.string()),
  submitted_at: ms,
  otp: z.string(),
  attempt: count,
  max_attempts: count,
  source_size: count,
  source_sha256: z.string(),
  lease_until: ms,
  heartbeat_seconds: seconds,
});

const Line = z.object({ level: z.enum(WORKER_LOG_LEVELS), message: z.string() });
const numbered = { first_line: LogLines.shape.first_line };
const said = { attempt: HeldBuild.shape.attempt, worker_id: HeldBuild.shape.worker_id };

const Finished = z.object({ status: z.enum(['success', 'failed']), success: z.literal(true), message: z.string() });

export const WORKERS = {
  'register-worker': {
    summary: 'Registers a worker, or registers it again under its id',
    details: 'Unknown fields are ignored.',
    input: Registration,
    replies: { 200: json('The worker, and the token that it speaks with from now on.', Registered) },
    refusals: ['contended'],
  },
  'unregister-worker': {
    summary: 'A worker leaves; what it holds goes back to the queue',
    input: AWorker,
    replies: { 200: json('It is gone.', z.object({ ...done.shape, message: z.string(), builds_reassigned: count })) },
    refusals: ['contended'],
  },
  'drain-worker': {
    summary: 'Gives a worker no more builds',
    details: '`draining: false` gives it builds again, and ends a quarantine: what ended badly is forgotten.',
    input: Draining,
    replies: { 200: json('As it is from now on.', z.object({ ...done.shape, draining: z.boolean() })) },
    refusals: ['worker_not_found'],
  },
  'revoke-worker': {
    summary: 'Ends a worker: its tokens open nothing more, and what it holds goes back to the queue',
    details:
      'No attempt of the build is spent. It can come back only by registering with a key, under a new id: revoke its key as well to ' +
      'keep its machine out. A worker that is gone is `worker_not_found`, also when this is repeated.',
    input: NamedWorker,
    replies: { 200: json('It is gone.', z.object({ ...done.shape, builds_reassigned: count })) },
    refusals: ['worker_not_found', 'contended'],
  },
  'list-workers': {
    summary: 'Lists workers, newest first',
    details:
      'The next page is in the header `Link`, as `rel="next"`. `mean_build_ms`: of the builds that it completed, from grant to end.',
    input: WorkerPage,
    replies: { 200: json('A page.', z.object({ workers: z.array(Worker) })) },
    refusals: [],
  },
  'worker-stats': {
    summary: 'What a worker has done',
    input: NamedWorker,
    replies: { 200: json('Counted.', WorkerStats) },
    refusals: ['worker_not_found'],
  },
  poll: {
    summary: 'Asks for a build',
    details: 'A worker whose answer got lost is given the same build again. `next_poll_ms` says when to ask next.',
    input: AWorker,
    replies: {
      200: json(
        'A build, or none.',
        z.object({ job: z.nullable(Job), access_token: z.optional(z.string()), next_poll_ms: count }),
      ),
    },
    refusals: ['contended'],
  },
  heartbeat: {
    summary: 'The worker is alive: renews its lease',
    details: '409 and 410 tell it to stop.',
    input: Heartbeat,
    replies: {
      200: json('It goes on.', z.object({ status: z.literal('ok'), timestamp: ms, lease_until: ms })),
    },
    refusals: ['contended'],
    isUnlimited: true,
  },
  'append-logs': {
    summary: 'Adds to the log of a build: a line, or a batch',
    details:
      'Broken JSON is repaired, or kept as it came. Bad lines of a batch are left out. With `attempt` and `first_line` (how many ' +
      'lines of the attempt were sent before) a call may be repeated: its lines are kept once.',
    input: LogLines,
    body: z.union([
      z.object({ ...Line.shape, ...said, ...numbered }),
      z.object({ logs: z.array(Line), ...said, ...numbered }),
    ]),
    replies: { 200: json('They are kept.', z.object({ ...done.shape, count: z.optional(count) })) },
    refusals: ['contended'],
  },
  'download-source': {
    summary: 'The source, for the worker that holds the build',
    input: HeldBuild,
    replies: {
      200: file('A small file.', 'application/zip', 'application/gzip', 'application/octet-stream'),
      302: redirected,
    },
    refusals: ['source_missing', 'contended'],
  },
  'download-certs': {
    summary: 'The signing material as a ZIP, for the worker that holds the build',
    input: HeldBuild,
    replies: { 200: file('The bundle.', 'application/zip') },
    refusals: ['certs_not_found', 'not_assigned', 'contended'],
  },
  'read-certs': {
    summary: 'The signing material as JSON, for the worker that holds the build',
    input: HeldBuild,
    headers: { 'X-Build-Id': 'The build once more; needed beside an API key.' },
    replies: {
      200: json(
        'In base64, with a password for a keychain of this attempt.',
        z.object({
          p12: z.string(),
          p12Password: z.string(),
          keychainPassword: z.string(),
          provisioningProfiles: z.array(z.string()),
        }),
      ),
    },
    refusals: ['certs_not_found', 'not_assigned', 'contended'],
  },
  'finish-build': {
    summary: 'The end of a build, as its worker reports it',
    details: 'A late report in a form is answered 200 and changes nothing; in JSON it is refused.',
    input: Finish,
    form: { files: { result: 'The result, where there is one.' }, required: ['build_id'], without: ['upload_id'] },
    replies: { 200: json('It is noted.', Finished) },
    refusals: ['upload_missing', 'payload_too_large', 'contended'],
  },
  'fail-build': {
    summary: 'The build has failed',
    input: Failure,
    replies: {
      200: json('It is noted.', z.object({ status: z.literal('failed'), ...done.shape })),
    },
    refusals: ['contended'],
  },
  'abandon-build': {
    summary: 'Gives a build back to the queue',
    input: Abandonment,
    replies: { 200: json('It waits again.', z.object({ ...done.shape, message: z.string() })) },
    refusals: ['contended'],
  },
} satisfies Record<string, Description>;
