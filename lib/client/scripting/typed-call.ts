import * as z from 'zod/mini';
import {
  BuildList,
  BuildStory,
  Cancelled,
  LogPage,
  Retried,
  Stats,
  Status,
  Submitted,
  WorkerList,
} from '../answers.ts';
import { type Answer as Answered, type Connection, callOnce } from '../request.ts';
import { PATIENT, type RetryPolicy, withRetries } from '../retry.ts';
import type { Answer, CallOptions, OperationName } from './contract.ts';

/** Where and as whom to ask. */
export interface Caller extends Connection {
  readonly credentials: Readonly<Record<string, string>>;
  readonly retry?: RetryPolicy | undefined;
  readonly onRetry?: ((error: unknown, delayMs: number) => void) | undefined;
}

interface Untyped extends CallOptions {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
}

/** What the command line relies on is looked at here too; the rest is as the controller's own tests hold it to be. */
const CHECKS: Partial<Record<OperationName, z.ZodMiniType>> = {
  'GET /api/builds': BuildList,
  'POST /api/builds': Submitted,
  'GET /api/builds/{id}/status': Status,
  'GET /api/builds/{id}/logs': LogPage,
  'GET /api/builds/{id}/events': BuildStory,
  'POST /api/builds/{id}/cancel': Cancelled,
  'POST /api/builds/{id}/retry': Retried,
  'GET /api/workers': WorkerList,
  'GET /api/stats': Stats,
};

/** One call by the name of its endpoint, repeated while that may help, and its answer as it came. */
export function typedCall<O extends OperationName>(
  caller: Caller,
  operation: O,
  input: Untyped,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered<Answer<O>>> {
  const [name = '', template = ''] = operation.split(' ');
  const method = name === 'POST' || name === 'DELETE' ? name : 'GET';
  const { query, signal, path = {} } = input;
  const check = CHECKS[operation];
  const call = {
    method,
    path: template.replaceAll(/\{(\w+)\}/g, (_whole, part: string) => encodeURIComponent(path[part] ?? '')),
    credentials: { ...caller.credentials, ...headers },
    answer: z.custom<Answer<O>>((value) => isJsonValue(value) && (!check || z.safeParse(check, value).success)),
    query: inWords(query),
    ...(method === 'POST' && { body: input.body ?? {} }),
    signal,
  } as const;
  const context = { clock: caller.clock, random: caller.random, signal, onRetry: caller.onRetry };
  return withRetries(() => callOnce<Answer<O>>(caller, call), caller.retry ?? PATIENT, context);
}

const isJsonValue = (value: unknown) => typeof value === 'object' && value !== null;

function inWords(query: Untyped['query'] = {}): Record<string, string> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}
