import {
  ApiKey,
  ApiKeys,
  BuildList,
  type BuildListItem,
  BuildRecord,
  BuildStory,
  Cancelled,
  CreatedKey,
  Drained,
  JoinedUpload,
  LogPage,
  PartedUpload,
  Retried,
  Stats,
  Status,
  StoredUpload,
  Unregistered,
  Submitted,
  Upload,
  WorkerList,
  type WorkerListItem,
} from './answers.ts';
import { DeadLetters, PausedQueue, QueuePlace, Queues, Redriven } from './queue-answers.ts';
import * as z from 'zod/mini';
import { type Call, type Connection, callOnce } from './request.ts';
import { PATIENT, type RetryPolicy, withRetries } from './retry.ts';
import type { FileDigest, PartDigests } from './transfer/file-digest.ts';

/** What the controller allows S3 for it, and the network. */
export const JOIN_TIMEOUT_MS = 35_000;

export interface ClientOptions extends Connection {
  /** `X-API-Key` for a project, `X-Build-Token` for one build. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly retry?: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: (error: unknown, delayMs: number) => void;
}

export interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly status?: string | undefined;
  readonly platform?: string | undefined;
  readonly worker_id?: string | undefined;
  readonly label?: string | undefined;
  readonly text?: string | undefined;
  readonly submitted_after?: string | undefined;
  readonly submitted_before?: string | undefined;
}

export interface BuildPage {
  readonly builds: readonly BuildListItem[];
  readonly next: string | undefined;
}

export type ApiClient = ReturnType<typeof createApiClient>;

/** What people and pipelines ask of a controller. Every call of the contract is safe to repeat, so every call is. */
export function createApiClient(options: ClientOptions) {
  const { credentials, signal } = options;
  const send = <T>(call: Omit<Call<T>, 'credentials'>) =>
    withRetries(() => callOnce(options, { ...call, credentials, signal }), options.retry ?? PATIENT, options);
  const bodyOf = async <T>(call: Omit<Call<T>, 'credentials'>) => (await send(call)).body;
  const ofBuild = (id: string, what: string) => `/api/builds/${encodeURIComponent(id)}/${what}`;
  const named = (key: string | undefined) => (key === undefined ? {} : { 'idempotency-key': key });

  return {
    /** `now`: what is stored already need not be sent. `later`: it is sent, for the next time. */
    requestUpload: (size: number, sha256: string, reuse: 'now' | 'later') => {
      const body = { size, sha256, reuse };
      return bodyOf({ method: 'POST', path: '/api/uploads', body, answer: z.union([StoredUpload, Upload]) });
    },

    /** Uploads in parts; see `PartCalls`. */
    parts: {
      begin: ({ size, sha256 }: FileDigest, parts: PartDigests) =>
        bodyOf({
          method: 'POST',
          path: '/api/uploads',
          body: { size, sha256, parts, reuse: 'later' },
          answer: PartedUpload,
        }),
      goOn: (uploadId: string) => bodyOf({ method: 'GET', path: `/api/uploads/${uploadId}`, answer: PartedUpload }),
      complete: (uploadId: string) =>
        bodyOf({
          method: 'POST',
          path: `/api/uploads/${uploadId}/complete`,
          body: {},
          answer: JoinedUpload,
          timeoutMs: JOIN_TIMEOUT_MS,
        }),
    },

    /** `more`: signing material, and what else it asks for. The same key means the same build, whatever was answered. */
    submit: (platform: 'ios' | 'android', uploadId: string, more: object = {}, idempotencyKey?: string) =>
      bodyOf({
        method: 'POST',
        path: '/api/builds',
        headers: named(idempotencyKey),
        body: { platform, upload_id: uploadId, ...more },
        answer: Submitted,
      }),

    show: (id: string) => bodyOf({ method: 'GET', path: `/api/builds/${encodeURIComponent(id)}`, answer: BuildRecord }),

    place: (id: string) => bodyOf({ method: 'GET', path: ofBuild(id, 'queue'), answer: QueuePlace }),

    status: (id: string) => bodyOf({ method: 'GET', path: ofBuild(id, 'status'), answer: Status }),

    logs: (id: string, cursor?: string) =>
      bodyOf({ method: 'GET', path: ofBuild(id, 'logs'), query: { cursor }, answer: LogPage }),

    cancel: (id: string) => bodyOf({ method: 'POST', path: ofBuild(id, 'cancel'), body: {}, answer: Cancelled }),

    /** Sent again under the same key it is the same build, also when that has ended. */
    retry: (id: string, signing: object | undefined, idempotencyKey: string) =>
      bodyOf({
        method: 'POST',
        path: ofBuild(id, 'retry'),
        headers: named(idempotencyKey),
        body: signing ?? {},
        answer: Retried,
      }),

    events: (id: string) => bodyOf({ method: 'GET', path: ofBuild(id, 'events'), answer: BuildStory }),

    createKey: (name: string, scopes: readonly string[], expiresDays: number | undefined) => {
      const body = { name, scopes, expires_days: expiresDays };
      return bodyOf({ method: 'POST', path: '/api/keys', body, answer: CreatedKey });
    },

    keys: () => bodyOf({ method: 'GET', path: '/api/keys', answer: ApiKeys }),

    revokeKey: (id: string) =>
      bodyOf({ method: 'POST', path: `/api/keys/${encodeURIComponent(id)}/revoke`, body: {}, answer: ApiKey }),

    deadLetters: () => bodyOf({ method: 'GET', path: '/api/dead-letters', answer: DeadLetters }),

    redriveDeadLetters: () => bodyOf({ method: 'POST', path: '/api/dead-letters/redrive', body: {}, answer: Redriven }),

    downloadPath: (id: string) => ofBuild(id, 'download'),

    /** The last registered first, over as many pages as it takes. */
    workers: async (): Promise<WorkerListItem[]> => {
      const workers: WorkerListItem[] = [];
      let cursor: string | undefined;
      do {
        const page = await send({ method: 'GET', path: '/api/workers', query: { cursor }, answer: WorkerList });
        workers.push(...page.body.workers);
        cursor = nextCursor(page.headers.get('link'), cursor);
      } while (cursor !== undefined);
      return workers;
    },

    queues: () => bodyOf({ method: 'GET', path: '/api/queues', answer: Queues }),

    pauseQueue: (platform: string, reason: string) =>
      bodyOf({ method: 'POST', path: `/api/queues/${platform}/pause`, body: { reason }, answer: PausedQueue }),

    resumeQueue: (platform: string) =>
      bodyOf({ method: 'POST', path: `/api/queues/${platform}/resume`, body: {}, answer: PausedQueue }),

    stats: () => bodyOf({ method: 'GET', path: '/api/stats', answer: Stats }),

    setDraining: (workerId: string, draining: boolean) =>
      bodyOf({
        method: 'POST',
        path: `/api/workers/${encodeURIComponent(workerId)}/drain`,
        body: { draining },
        answer: Drained,
      }),

    revokeWorker: (workerId: string) =>
      bodyOf({
        method: 'POST',
        path: `/api/workers/${encodeURIComponent(workerId)}/revoke`,
        body: {},
        answer: Unregistered,
      }),

    /** Newest first, over as many pages as it takes; `next` is where the rest begins. */
    list: async ({ limit, cursor: from, ...filter }: ListQuery): Promise<BuildPage> => {
      const builds: BuildListItem[] = [];
      let cursor = from;
      do {
        const query = { ...filter, limit: String(Math.min(limit - builds.length, 100)), cursor };
        const page = await send({ method: 'GET', path: '/api/builds', query, answer: BuildList });
        builds.push(...page.body);
        cursor = nextCursor(page.headers.get('link'), cursor);
      } while (cursor !== undefined && builds.length < limit);
      return { builds: builds.slice(0, limit), next: cursor };
    },
  };
}

/**
 * Where the list goes on; a page may be empty and still have a next one. Undefined where it ends, and for a link to where
 * the page itself began, which would have no end. Only the cursor is taken from the link: its address might be anybody's, and
 * would be sent the API key.
 */
export function nextCursor(link: string | null, cursor: string | undefined): string | undefined {
  const next = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (next === undefined) return undefined;
  const found = new URL(next, 'http://relative.invalid').searchParams.get('cursor') ?? undefined;
  return found === cursor ? undefined : found;
}
