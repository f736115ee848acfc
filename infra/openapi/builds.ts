import * as z from 'zod/mini';
import { BUILD_EVENT_TYPES } from '../../lib/domain/build-event.ts';
import { FAILURE_KINDS } from '../../lib/domain/failure.ts';
import { LOG_LEVELS } from '../../lib/domain/log-line.ts';
import { LogPage, Nothing, OneBuild, Retry, Submission } from '../../lib/runtime/inputs/builds.ts';
import { type Description, json } from './description.ts';
import { count, id, labels, ms, platform, state, status } from './fields.ts';

const submitted = { id, status, platform, submitted_at: ms, access_token: z.string() };

const Status = z.object({
  id,
  status,
  state,
  platform,
  worker_id: z.nullable(id),
  attempt: count,
  spent_attempts: count,
  max_attempts: count,
  submitted_at: ms,
  started_at: z.nullable(ms),
  completed_at: z.nullable(ms),
  error_message: z.nullable(z.string()),
  failure_kind: z.nullable(z.enum(FAILURE_KINDS)),
  result_sha256: z.nullable(z.string()),
  result_size: z.nullable(count),
  result_filename: z.nullable(z.string()),
  labels,
  priority: count,
  original_build_id: z.optional(id),
});

const Build = z.object({
  ...Status.shape,
  worker_name: z.nullable(z.string()),
  queued_at: ms,
  building_since: z.nullable(ms),
  lease_until: z.nullable(ms),
  source_size: z.nullable(count),
  source_sha256: z.nullable(z.string()),
  has_result: z.boolean(),
  submitted_by: z.nullable(id),
});

const Log = z.object({
  build_id: id,
  logs: z.array(z.object({ timestamp: ms, level: z.enum(LOG_LEVELS), message: z.string() })),
  next_cursor: z.optional(z.string()),
  is_final: z.boolean(),
});

const Events = z.object({
  build_id: id,
  events: z.array(
    z.object({
      type: z.enum(BUILD_EVENT_TYPES),
      at: ms,
      attempt: count,
      by: z.string(),
      kind: z.optional(z.enum(FAILURE_KINDS)),
      why: z.optional(z.string()),
    }),
  ),
});

const SIGNING = ['invalid_certs', 'payload_too_large', 'contended'] as const;

export const OPEN = {
  health: {
    summary: 'Whether the controller works, and how many builds wait and run',
    input: Nothing,
    replies: {
      200: json(
        'It works.',
        z.object({
          status: z.literal('ok'),
          queue: z.object({ pending: count, active: count }),
          storage: z.object({}),
        }),
      ),
    },
    refusals: [],
  },
  stats: {
    summary: 'Figures that anybody may see',
    input: Nothing,
    replies: {
      200: json(
        'Counted, not more than ten seconds ago.',
        z.object({
          nodesOnline: count,
          buildsQueued: count,
          activeBuilds: count,
          buildsToday: count,
          totalBuilds: count,
          totalBuildTimeMs: ms,
          totalCpuCycles: count,
        }),
        { 'access-control-allow-origin': 'Any origin may read it.' },
      ),
    },
    refusals: [],
  },
  'describe-api': {
    summary: 'This document',
    input: Nothing,
    replies: {
      200: json('OpenAPI 3.1.', z.looseObject({ openapi: z.string() }), {
        'access-control-allow-origin': 'Any origin may read it.',
        'cache-control': 'How long it may be kept.',
      }),
    },
    refusals: [],
  },
} satisfies Record<string, Description>;

const IDEMPOTENCY_KEY = { 'Idempotency-Key': 'A name of the request, the same each time it is sent.' };

export const BUILDS = {
  'submit-build': {
    summary: 'Submits a build',
    details:
      'The source is uploaded before (`POST /api/uploads`), or comes in a form of about 4.5 MB at most. The same request again is the same build. `/api/builds/submit` answers 200, `/api/builds` 201.',
    input: Submission,
    form: {
      files: {
        source: 'A ZIP or a gzipped tar.',
        certs: 'Signing material: a ZIP, or a PKCS#12 file.',
        profile: 'A provisioning profile.',
      },
      required: ['platform', 'source'],
      without: ['upload_id', 'certs', 'profiles'],
    },
    headers: IDEMPOTENCY_KEY,
    replies: {
      200: json('The build, and the token that opens it.', z.object(submitted)),
      201: json('The same, at `/api/builds`.', z.object(submitted)),
    },
    refusals: ['upload_missing', 'repeated_differently', ...SIGNING],
  },
  'show-build': {
    summary: 'The whole record of a build',
    input: OneBuild,
    replies: { 200: json('As it is now.', Build) },
    refusals: [],
  },
  'build-status': {
    summary: 'How a build stands',
    input: OneBuild,
    replies: { 200: json('As it is now.', Status) },
    refusals: [],
  },
  'build-events': {
    summary: 'What happened to a build, step by step',
    input: OneBuild,
    replies: { 200: json('In the order in which it happened.', Events) },
    refusals: [],
  },
  'read-logs': {
    summary: 'The log of a build',
    details:
      'Without a cursor from the beginning, which does not change any more. `is_final`: nothing will follow. Without `next_cursor` the page was cut by `limit`.',
    input: LogPage,
    replies: { 200: json('Lines, gzipped for who accepts that.', Log) },
    refusals: [],
  },
  'cancel-build': {
    summary: 'Cancels a build',
    input: OneBuild,
    replies: {
      200: json('It is cancelled.', z.object({ success: z.literal(true), status: z.literal('cancelled') })),
    },
    refusals: ['already_finished', 'contended'],
  },
  'retry-build': {
    summary: 'Builds the same source once more, as a new build',
    details:
      'A build that had signing material needs it again. The same request again is the same build: under an `Idempotency-Key` for ever, without one until that build has ended.',
    input: Retry,
    headers: IDEMPOTENCY_KEY,
    replies: { 200: json('The new build.', z.object({ ...submitted, original_build_id: id })) },
    refusals: ['not_finished', 'repeated_differently', 'source_gone', 'certs_gone', ...SIGNING],
  },
} satisfies Record<string, Description>;
