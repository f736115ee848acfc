import {
  Appended,
  Beat,
  Certs,
  Finished,
  JoinedUpload,
  PartedUpload,
  Polled,
  Registered,
  Unregistered,
  Upload,
} from '../answers.ts';
import { JOIN_TIMEOUT_MS } from '../api-client.ts';
import { type Call, type Connection, callOnce } from '../request.ts';

import type { PartDigests } from '../transfer/file-digest.ts';

export interface WorkerIdentity {
  readonly name: string;
  readonly platforms: readonly string[];
  readonly labels?: readonly string[] | undefined;
  readonly apiKey: string;
}

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error' | 'debug';
  readonly message: string;
}

interface LogPlace {
  readonly attempt: number;
  readonly firstLine: number;
}

export type Outcome =
  | { readonly success: true; readonly uploadId: string }
  | { readonly success: false; readonly message: string; readonly failureKind?: 'upload' };

export interface ResultFile {
  readonly size: number;
  readonly sha256: string;
  readonly filename: string;
  readonly attempt: number;
}

interface Limits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A worker's calls, each sent once: who may repeat what, and for how long, depends on the lease. */
export class WorkerApi {
  readonly #connection: Connection;
  readonly #worker: WorkerIdentity;

  constructor(connection: Connection, worker: WorkerIdentity) {
    this.#connection = connection;
    this.#worker = worker;
  }

  /** The refused token still tells whose id it is; the count tells a restarted worker from a busy one. */
  register(previous: { id: string; token: string } | undefined, activeBuilds: number, signal: AbortSignal) {
    const { name, platforms, labels, apiKey } = this.#worker;
    const id = previous === undefined ? {} : { id: previous.id };
    const body = { name, capabilities: { platforms }, labels, active_build_count: activeBuilds, ...id };
    const credentials = { 'X-API-Key': apiKey, ...(previous && withToken(previous.token)) };
    const call = { method: 'POST', path: '/api/workers/register', credentials, body, signal } as const;
    return callOnce(this.#connection, { ...call, answer: Registered });
  }

  poll(token: string, signal: AbortSignal) {
    const call = { method: 'GET', path: '/api/workers/poll', credentials: withToken(token), signal } as const;
    return callOnce(this.#connection, { ...call, answer: Polled });
  }

  heartbeat(token: string, id: string, attempt: number, limits: Limits) {
    return this.#post(token, ofBuild(id, 'heartbeat'), { attempt }, Beat, limits);
  }

  /** `firstLine` counts from the attempt's first line, 0. */
  appendLogs(token: string, id: string, of: LogPlace, logs: readonly LogEntry[], signal: AbortSignal) {
    const body = { attempt: of.attempt, first_line: of.firstLine, logs };
    return this.#post(token, ofBuild(id, 'logs'), body, Appended, { signal });
  }

  certs(token: string, id: string, attempt: number, signal: AbortSignal) {
    const call = {
      method: 'GET',
      path: ofBuild(id, 'certs-secure'),
      query: { attempt: String(attempt) },
      signal,
    } as const;
    return callOnce(this.#connection, { ...call, credentials: withToken(token), answer: Certs });
  }

  requestUpload(token: string, id: string, file: ResultFile, signal: AbortSignal) {
    return this.#post(token, ofBuild(id, 'uploads'), file, Upload, { signal });
  }

  beginParts(token: string, id: string, file: ResultFile & { parts: PartDigests }, signal: AbortSignal) {
    return this.#post(token, ofBuild(id, 'uploads'), file, PartedUpload, { signal });
  }

  goOnWithParts(token: string, id: string, uploadId: string, signal: AbortSignal) {
    const path = ofBuild(id, `uploads/${uploadId}`);
    const call = { method: 'GET', path, credentials: withToken(token), signal } as const;
    return callOnce(this.#connection, { ...call, answer: PartedUpload });
  }

  completeParts(token: string, id: string, uploadId: string, signal: AbortSignal) {
    const path = ofBuild(id, `uploads/${uploadId}/complete`);
    return this.#post(token, path, {}, JoinedUpload, { signal, timeoutMs: JOIN_TIMEOUT_MS });
  }

  finish(token: string, id: string, attempt: number, outcome: Outcome, signal: AbortSignal) {
    const what = outcome.success
      ? { upload_id: outcome.uploadId }
      : { error_message: outcome.message, failure_kind: outcome.failureKind };
    const body = { build_id: id, attempt, success: outcome.success, ...what };
    return this.#post(token, '/api/workers/result', body, Finished, { signal });
  }

  /** What it holds waits again at once, and no attempt is spent on it. */
  unregister(token: string, limits: Limits) {
    return this.#post(token, '/api/workers/unregister', {}, Unregistered, limits);
  }

  #post<T>(token: string, path: string, body: unknown, answer: Call<T>['answer'], limits: Limits) {
    return callOnce(this.#connection, { method: 'POST', path, credentials: withToken(token), body, answer, ...limits });
  }
}

function withToken(token: string): Record<string, string> {
  return { 'X-Worker-Token': token };
}

function ofBuild(id: string, what: string): string {
  return `/api/builds/${encodeURIComponent(id)}/${what}`;
}
