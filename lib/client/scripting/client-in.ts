import { randomUUID } from 'node:crypto';
import { nextCursor } from '../api-client.ts';
import { followLogs, RECONNECT } from '../cli/follow-logs.ts';
import type { Connection } from '../request.ts';
import { parseBaseUrl } from '../urls.ts';
import type { CallOptions, Client, ClientOptions } from './contract.ts';
import { downloadBuild } from './download-build.ts';
import { inBase64, submitSource } from './submit-source.ts';
import { type Caller, typedCall } from './typed-call.ts';

/** Calls of one controller, with time and chance as arguments. */
export function clientIn(surroundings: Omit<Connection, 'baseUrl'>, options: ClientOptions): Client {
  const address = parseBaseUrl(options.url);
  if ('problem' in address) throw new TypeError(address.problem);
  const { apiKey, buildToken, retry, onRetry } = options;
  const credentials = {
    ...(apiKey !== undefined && { 'X-API-Key': apiKey }),
    ...(buildToken !== undefined && { 'X-Build-Token': buildToken }),
  };
  const caller: Caller = { ...surroundings, baseUrl: address.url, credentials, retry, onRetry };
  const patient: Caller = { ...caller, retry: retry ?? RECONNECT };

  const status = async (id: string, { signal }: CallOptions = {}) =>
    (await typedCall(caller, 'GET /api/builds/{id}/status', { path: { id }, signal })).body;

  const logs = (id: string, { signal }: CallOptions = {}) => {
    const path = { id };
    const read = async (cursor: string | undefined) =>
      (await typedCall(patient, 'GET /api/builds/{id}/logs', { path, query: { cursor }, signal })).body;
    return followLogs(read, surroundings.clock, signal);
  };

  return {
    call: async (operation, ...[input]) => (await typedCall(caller, operation, input ?? {})).body,
    submit: (submission) => submitSource(caller, submission),
    status,
    logs,
    wait: async (id, { signal, onLine } = {}) => {
      for await (const line of logs(id, { signal })) onLine?.(line);
      return status(id, { signal });
    },
    download: (id, download = {}) => downloadBuild(caller, id, download),
    cancel: async (id, { signal } = {}) =>
      (await typedCall(caller, 'POST /api/builds/{id}/cancel', { path: { id }, signal })).body,
    retry: async (id, { signal, signing, idempotencyKey = randomUUID() } = {}) => {
      const input = { path: { id }, body: inBase64(signing), signal };
      const headers = { 'Idempotency-Key': idempotencyKey };
      return (await typedCall(caller, 'POST /api/builds/{id}/retry', input, headers)).body;
    },
    events: async (id, { signal } = {}) =>
      (await typedCall(caller, 'GET /api/builds/{id}/events', { path: { id }, signal })).body.events,
    builds: ({ signal, ...filter } = {}) =>
      everyPage(async (cursor) => {
        const { body, headers } = await typedCall(caller, 'GET /api/builds', { query: { ...filter, cursor }, signal });
        return { items: body, headers };
      }),
    workers: ({ signal } = {}) =>
      everyPage(async (cursor) => {
        const { body, headers } = await typedCall(caller, 'GET /api/workers', { query: { cursor }, signal });
        return { items: body.workers, headers };
      }),
    stats: async ({ signal } = {}) => (await typedCall(caller, 'GET /api/stats', { signal })).body,
  };
}

interface Page<T> {
  readonly items: readonly T[];
  readonly headers: Headers;
}

async function* everyPage<T>(read: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const { items, headers } = await read(cursor);
    yield* items;
    cursor = nextCursor(headers.get('link'), cursor);
  } while (cursor !== undefined);
}
