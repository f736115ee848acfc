import * as z from 'zod/mini';
import { any2xx, file, form, type Reply, type Site, send } from './wire.ts';

/** What both generations of the command line have in common: the requests, and the shape of the answers they accept. */

const Submitted = z.object({ id: z.string(), access_token: z.string() });

/** No `cancelled` among the states: such an answer ends the command. */
const Status = z.object({
  id: z.string(),
  status: z.enum(['pending', 'assigned', 'building', 'completed', 'failed']),
  submitted_at: z.number(),
  started_at: z.optional(z.nullable(z.number())),
  completed_at: z.optional(z.nullable(z.number())),
  error_message: z.optional(z.nullable(z.string())),
});
type Status = z.output<typeof Status>;

/** `completedAt` may be absent, but not null. */
export const Listed = z.object({
  id: z.string(),
  status: z.string(),
  createdAt: z.string(),
  completedAt: z.optional(z.string()),
});

const Logs = z.object({
  logs: z.array(z.object({ timestamp: z.union([z.number(), z.string()]), level: z.string(), message: z.string() })),
});

export interface Submission {
  readonly source: Buffer;
  readonly certs?: Buffer;
  readonly profile?: Buffer;
}

/** How a generation of the command line behaves when no answer comes. */
export interface Manners {
  /** What is waited for before each further try. */
  readonly retryAfterMs: readonly number[];
  /** Whether a broken connection is tried again too, or only an answer that did not come in time. */
  readonly isBrokenRetried: boolean;
  /** The credentials of `logs`. */
  readonly logHeaders: (key: Record<string, string>, token: string | undefined) => Record<string, string>;
  readonly readList: (json: unknown) => readonly z.output<typeof Listed>[];
}

const ANSWER_WITHIN_MS = 30_000;
const FOLLOW_EVERY_MS = 2_000;
const WATCH_AT_MOST_MS = 30 * 60_000;

export function oldCommandLine(site: Site, manners: Manners) {
  const key = { 'x-api-key': site.apiKey };
  /** Kept in a file by the command line: with it, its own builds. */
  const tokens = new Map<string, string>();
  const both = (id: string) => ({ ...key, ...tokenHeader(tokens.get(id)) });

  /** A try is given up when the headers have not come; whoever sent it may have been served all the same. */
  async function call(method: string, path: string, options: Parameters<typeof send>[2]): Promise<Reply> {
    for (const waitMs of [...manners.retryAfterMs, undefined]) {
      const signal = site.patience(ANSWER_WITHIN_MS);
      try {
        return await send(method, `${site.url}${path}`, { ...options, signal });
      } catch (error) {
        const isRetried = signal.aborted || (manners.isBrokenRetried && error instanceof TypeError);
        if (waitMs === undefined || !isRetried) throw error;
        await site.pause(waitMs);
      }
    }
    throw new Error('not reached: the last try returns or throws');
  }

  async function submit({ source, certs, profile }: Submission): Promise<string> {
    const body = form([
      ['source', file(source, 'project.tar.gz', 'application/gzip')],
      ['platform', 'ios'],
      ...(certs ? [['certs', file(certs, 'certs.zip', 'application/zip')] as const] : []),
      ...(profile ? [['profile', file(profile, 'profile.mobileprovision')] as const] : []),
      ['appleId', 'dev@example.com'],
      ['applePassword', 'app-specific-password'],
    ]);
    const reply = await call('POST', '/api/builds/submit', { headers: key, body });
    return remember(reply);
  }

  function remember(reply: Reply): string {
    any2xx('submit', reply);
    const { id, access_token } = Submitted.parse(JSON.parse(reply.text));
    tokens.set(id, access_token);
    return id;
  }

  async function status(id: string): Promise<Status> {
    const reply = await call('GET', `/api/builds/${id}/status`, { headers: both(id) });
    any2xx('status', reply);
    return Status.parse(JSON.parse(reply.text));
  }

  /** Looks again and again, at growing intervals, until the build has ended. */
  async function watch(id: string): Promise<Status> {
    let intervalMs = FOLLOW_EVERY_MS;
    for (let waitedMs = 0; waitedMs < WATCH_AT_MOST_MS; waitedMs += intervalMs) {
      const seen = await status(id);
      if (seen.status === 'completed' || seen.status === 'failed') return seen;
      await site.pause(intervalMs);
      intervalMs = Math.min(30_000, intervalMs * 1.5);
    }
    throw new Error('The build did not end while it was watched');
  }

  async function logs(id: string): Promise<string[]> {
    const reply = await call('GET', `/api/builds/${id}/logs`, { headers: manners.logHeaders(key, tokens.get(id)) });
    any2xx('logs', reply);
    const lines = Logs.parse(JSON.parse(reply.text)).logs;
    for (const { timestamp } of lines) if (Number.isNaN(new Date(timestamp).getTime())) throw new Error('a bad time');
    return lines.map(({ message }) => message);
  }

  /** Reads the whole log each time and shows what is beyond the number of lines already shown. */
  async function followLogs(id: string, meanwhile: () => Promise<unknown>): Promise<string[]> {
    const shown: string[] = [];
    for (;;) {
      const isOver = ['completed', 'failed'].includes((await status(id)).status);
      shown.push(...(await logs(id)).slice(shown.length));
      if (isOver) return shown;
      await meanwhile();
      await site.pause(FOLLOW_EVERY_MS);
    }
  }

  return {
    submit,
    status,
    watch,
    logs,
    followLogs,
    list: async () => {
      const reply = await call('GET', '/api/builds', { headers: key });
      any2xx('list', reply);
      return manners.readList(JSON.parse(reply.text));
    },
    download: async (id: string) => {
      const reply = await call('GET', `/api/builds/${id}/download`, { headers: both(id) });
      any2xx('download', reply);
      return reply;
    },
    /** A content type and no body. */
    cancel: async (id: string) => {
      const headers = { ...key, 'content-type': 'application/json' };
      any2xx('cancel', await call('POST', `/api/builds/${id}/cancel`, { headers }));
    },
    retry: async (id: string) => remember(await call('POST', `/api/builds/${id}/retry`, { headers: both(id) })),
    /** The command `doctor`: what a worker last found out about its machine. */
    doctor: async (workerId: string) => {
      const headers = key;
      const latest = await call('GET', `/api/diagnostics/${workerId}/latest`, { headers });
      any2xx('diagnostics', latest);
      const all = await call('GET', `/api/diagnostics/${workerId}?limit=10`, { headers });
      any2xx('diagnostics', all);
      return { latest: Diagnosis.parse(JSON.parse(latest.text)), all: Diagnoses.parse(JSON.parse(all.text)).reports };
    },
  };
}

const tokenHeader = (token: string | undefined): Record<string, string> => (token ? { 'x-build-token': token } : {});

const Diagnosis = z.object({
  id: z.union([z.string(), z.number()]),
  worker_id: z.string(),
  status: z.enum(['healthy', 'warning', 'critical']),
  run_at: z.union([z.number(), z.string()]),
  duration_ms: z.number(),
  auto_fixed: z.boolean(),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['pass', 'warn', 'fail']),
      message: z.string(),
      duration_ms: z.number(),
      auto_fixed: z.boolean(),
      details: z.optional(z.record(z.string(), z.string())),
    }),
  ),
});
const Diagnoses = z.object({ worker_id: z.string(), reports: z.array(Diagnosis) });
