import * as z from 'zod/mini';

export const whole = z.number().check(z.int(), z.gte(0));
export const orNull = <T extends z.ZodMiniType>(schema: T) => z._default(z.nullable(schema), null);
/** Tokens and ids travel in headers and paths; fetch would print an unusable value in its error. */
const headerSafe = z.string().check(z.regex(/^[\x21-\x7e]+$/));
const id = z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/));
const platform = z.enum(['ios', 'android']);
/** A controller of an older version knows none. */
const labels = z._default(z.array(z.string()), []);
const priority = z._default(whole, 0);

export const Upload = z.object({
  upload_id: z.string(),
  url: z.string(),
  headers: z._default(z.record(z.string(), z.string()), {}),
  expires_at: z.number(),
});
export type Upload = z.output<typeof Upload>;
/** The same key has uploaded the same before: nothing has to be sent. */
export const StoredUpload = z.object({ upload_id: z.string(), is_stored: z.literal(true) });
export type StoredUpload = z.output<typeof StoredUpload>;

export const ApiKey = z.object({
  id,
  name: z.string(),
  scopes: z.array(z.string()),
  state: z.string(),
  created_at: z.number(),
  created_by: z.string(),
  expires_at: orNull(z.number()),
  revoked_at: orNull(z.number()),
});
export type ApiKey = z.output<typeof ApiKey>;
export const ApiKeys = z.object({ keys: z.array(ApiKey) });
export const CreatedKey = z.extend(ApiKey, { key: headerSafe });

/** An upload in parts: addresses for what has not arrived, the first of `missing_parts`. */
export const PartedUpload = z.object({
  upload_id: z.string().check(z.regex(/^[A-Za-z0-9_-]+$/)),
  part_size: whole,
  part_count: whole,
  missing_parts: whole,
  parts: z.array(
    z.object({
      number: whole,
      size: whole,
      url: z.string(),
      headers: z._default(z.record(z.string(), z.string()), {}),
    }),
  ),
});
export type PartedUpload = z.output<typeof PartedUpload>;

export const JoinedUpload = z.object({ upload_id: z.string(), size: whole, sha256: z.string() });

export const Submitted = z.object({
  id,
  status: z.string(),
  platform,
  submitted_at: z.number(),
  access_token: headerSafe,
});
export type Submitted = z.output<typeof Submitted>;

export const Status = z.object({
  id,
  status: z.string(),
  /** What is true; `status` shows a cancelled build as failed, for old clients. */
  state: z.enum(['pending', 'assigned', 'building', 'completed', 'failed', 'cancelled']),
  platform,
  worker_id: orNull(z.string()),
  submitted_at: z.number(),
  started_at: orNull(z.number()),
  completed_at: orNull(z.number()),
  error_message: orNull(z.string()),
  attempt: whole,
  max_attempts: whole,
  result_sha256: orNull(z.string()),
  result_size: orNull(whole),
  result_filename: orNull(z.string()),
  labels,
  priority,
});
export type Status = z.output<typeof Status>;

export const BuildRecord = z.extend(Status, { worker_name: orNull(z.string()) });
export type BuildRecord = z.output<typeof BuildRecord>;

export const LogLine = z.object({ timestamp: z.number(), level: z.string(), message: z.string() });
export type LogLine = z.output<typeof LogLine>;

export const LogPage = z.object({
  build_id: z.string(),
  logs: z.array(LogLine),
  next_cursor: z.string(),
  is_final: z.boolean(),
});
export type LogPage = z.output<typeof LogPage>;

export const BuildList = z.array(
  z.object({
    id: z.string(),
    status: z.string(),
    state: z.optional(z.string()),
    platform: z.optional(z.string()),
    createdAt: z.optional(z.nullable(z.string())),
    completedAt: z.optional(z.nullable(z.string())),
    labels,
    priority,
  }),
);
export type BuildListItem = z.output<typeof BuildList>[number];

export const WorkerList = z.object({
  workers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      state: z.string(),
      capabilities: z.object({ platforms: z.array(z.string()) }),
      labels,
      last_seen_at: z.number(),
      current_build_id: orNull(z.string()),
      completed_builds: whole,
      failed_builds: whole,
    }),
  ),
});
export type WorkerListItem = z.output<typeof WorkerList>['workers'][number];

export const Retried = z.extend(Submitted, { original_build_id: z.string() });

export const BuildStory = z.object({
  build_id: z.string(),
  events: z.array(
    z.object({
      type: z.string(),
      at: z.number(),
      attempt: whole,
      by: z.string(),
      kind: z.optional(z.string()),
      why: z.optional(z.string()),
    }),
  ),
});
export type BuildStory = z.output<typeof BuildStory>;

export const Cancelled = z.object({ success: z.boolean(), status: z.string() });

export const Registered = z.object({
  id,
  access_token: headerSafe,
  heartbeat_seconds: z.number().check(z.positive()),
  lease_seconds: z.number().check(z.positive()),
  next_poll_ms: whole,
});
export type Registered = z.output<typeof Registered>;

export const Job = z.object({
  id,
  platform,
  source_url: z.string(),
  /** Null: nothing to sign with. */
  certs_url: orNull(z.string()),
  attempt: whole,
  max_attempts: whole,
  source_sha256: z.string(),
  source_size: whole,
  lease_until: z.number(),
  heartbeat_seconds: z.number().check(z.positive()),
});
export type Job = z.output<typeof Job>;

export const Certs = z.object({
  p12: z.string(),
  p12Password: z.string(),
  keychainPassword: z.string(),
  provisioningProfiles: z.array(z.string()),
});
export type Certs = z.output<typeof Certs>;

export const Unregistered = z.object({ success: z.boolean(), builds_reassigned: whole });

/** The token may be a fresh one, the older staying good for a while. */
export const Polled = z.object({ job: z.nullable(Job), access_token: z.optional(headerSafe), next_poll_ms: whole });
export type Polled = z.output<typeof Polled>;

export const Beat = z.object({ timestamp: z.number(), lease_until: z.number() });
export const Appended = z.object({ success: z.boolean() });
export const Finished = z.object({ status: z.string(), success: z.boolean() });

export const Stats = z.object({
  nodesOnline: whole,
  buildsQueued: whole,
  activeBuilds: whole,
  buildsToday: whole,
  totalBuilds: whole,
  totalBuildTimeMs: z.number(),
});

export const Drained = z.object({ success: z.boolean(), draining: z.boolean() });
