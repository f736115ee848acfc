import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { FunctionDefinition } from '../function-definition.ts';
import { ACCOUNT_ID } from './http-event.ts';

export type LambdaHandler = (event: unknown, context: Context) => Promise<unknown>;

/** Gets the handler of a file under `functions/`. */
export type FunctionLoader = (file: string) => Promise<LambdaHandler>;

export class FunctionTimedOut extends Error {
  override name = 'FunctionTimedOut';
}

export interface LambdaRuntime {
  /** Runs one invocation. Rejects with what the function threw, or with `FunctionTimedOut`. */
  invoke(file: string, event: unknown): Promise<unknown>;
}

export const loadFromFunctions: FunctionLoader = async (file) => {
  const module: unknown = await import(new URL(`../../functions/${file}.ts`, import.meta.url).href);
  if (typeof module === 'object' && module !== null && 'handler' in module && isHandler(module.handler))
    return module.handler;
  throw new Error(`functions/${file}.ts exports no handler`);
};

const isHandler = (value: unknown): value is LambdaHandler => typeof value === 'function';

/** Loads every function now, as a deployment does: one that cannot start must not wait for its first request. */
export async function startLambdaRuntime(
  functions: readonly FunctionDefinition[],
  load: FunctionLoader,
): Promise<LambdaRuntime> {
  const loaded = new Map<string, { handler: LambdaHandler; definition: FunctionDefinition }>();
  for (const definition of functions) {
    loaded.set(definition.file, { handler: await load(definition.file), definition });
  }
  return {
    async invoke(file, event) {
      const found = loaded.get(file);
      if (!found) throw new Error(`no function ${file}`);
      return runWithDeadline(found.handler, found.definition, event);
    },
  };
}

async function runWithDeadline(
  handler: LambdaHandler,
  definition: FunctionDefinition,
  event: unknown,
): Promise<unknown> {
  const timeoutMs = definition.timeoutSeconds * 1000;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const seconds = definition.timeoutSeconds.toFixed(2);
    timer = setTimeout(() => reject(new FunctionTimedOut(`Task timed out after ${seconds} seconds`)), timeoutMs);
    // Once everything else is closed, a hanging handler must not keep the process.
    timer.unref();
  });
  try {
    const context = createContext(definition, performance.now() + timeoutMs);
    return await Promise.race([Promise.resolve().then(() => handler(event, context)), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function createContext({ file, memoryMb }: FunctionDefinition, deadlineMs: number): Context {
  const functionName = `buildlatch-local-${file.split('/').at(-1)}`;
  const unavailable = () => {
    throw new Error('nodejs24.x has no callbacks: return a promise');
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:${functionName}`,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadlineMs - performance.now())),
    done: unavailable,
    fail: unavailable,
    succeed: unavailable,
  };
}
