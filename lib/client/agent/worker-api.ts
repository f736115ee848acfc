import { Appended, Beat, Finished, Polled, Registered, Upload } from '../answers.ts';
import { callOnce, type Connection } from '../request.ts';

export interface WorkerIdentity {
  readonly name: string;
  readonly platforms: readonly string[];
  readonly apiKey: string;
}

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error' | 'debug';
  readonly message: string;
}

export type Outcome =
  | { readonly success: true; readonly uploadId: string }
  | { readonly success: false; readonly message: string };

interface Limits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export type WorkerApi = ReturnType<typeof createWorkerApi>;

/** A worker's calls, each sent once: who may repeat what, and for how long, depends on the lease. */
export function createWorkerApi(connection: Connection, worker: WorkerIdentity) {
  const withToken = (token: string) => ({ 'X-Worker-Token': token });
  const ofBuild = (id: string, what: string) => `/api/builds/${encodeURIComponent(id)}/${what}`;

  return {
    /** With the previous id after a token was refused; the count tells a restarted worker from a busy one. */
    register: (previousId: string | undefined, activeBuilds: number, signal?: AbortSignal) =>
      callOnce(connection, {
        method: 'POST',
        path: '/api/workers/register',
        credentials: { 'X-API-Key': worker.apiKey },
        body: {
          name: worker.name,
          capabilities: { platforms: worker.platforms },
          active_build_count: activeBuilds,
          ...(previousId === undefined ? {} : { id: previousId }),
        },
        answer: Registered,
        signal,
      }),

    poll: (token: string, signal?: AbortSignal) =>
      callOnce(connection, {
        method: 'GET',
        path: '/api/workers/poll',
        credentials: withToken(token),
        answer: Polled,
        signal,
      }),

    heartbeat: (token: string, id: string, attempt: number, limits: Limits) =>
      callOnce(connection, {
        method: 'POST',
        path: ofBuild(id, 'heartbeat'),
        credentials: withToken(token),
        body: { attempt },
        answer: Beat,
        ...limits,
      }),

    appendLogs: (token: string, id: string, attempt: number, logs: readonly LogEntry[], signal: AbortSignal) =>
      callOnce(connection, {
        method: 'POST',
        path: ofBuild(id, 'logs'),
        credentials: withToken(token),
        body: { attempt, logs },
        answer: Appended,
        signal,
      }),

    requestUpload: (token: string, id: string, file: ResultFile, signal: AbortSignal) =>
      callOnce(connection, {
        method: 'POST',
        path: ofBuild(id, 'uploads'),
        credentials: withToken(token),
        body: file,
        answer: Upload,
        signal,
      }),

    finish: (token: string, id: string, attempt: number, outcome: Outcome, signal: AbortSignal) =>
      callOnce(connection, {
        method: 'POST',
        path: '/api/workers/result',
        credentials: withToken(token),
        body: {
          build_id: id,
          attempt,
          success: outcome.success,
          ...(outcome.success ? { upload_id: outcome.uploadId } : { error_message: outcome.message }),
        },
        answer: Finished,
        signal,
      }),
  };
}

export interface ResultFile {
  readonly size: number;
  readonly sha256: string;
  readonly filename: string;
  readonly attempt: number;
}
