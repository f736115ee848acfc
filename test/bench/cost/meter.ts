import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type FunctionLoader, loadFromFunctions } from '../../../infra/local/lambda-runtime.ts';
import { type Counts, type Figure, NOTHING } from './counts.ts';

export interface Step {
  /** How often it was taken. */
  readonly times: number;
  readonly counts: Counts;
}

export interface Meter {
  /** Everything that is asked of AWS while `act` runs is counted as this step's. */
  during<T>(step: string, act: () => Promise<T>): Promise<T>;
  add(figure: Figure, by: number): void;
  /** What was counted since the last time. */
  take(): Record<string, Step>;
  /** For the stack: counts invocations. */
  readonly load: FunctionLoader;
  stop(): void;
}

type Tallied = { -readonly [K in keyof Counts]: Counts[K] } & { calls: Record<string, number> };

/** Counts in the middleware of every SDK client of this process, and what the functions log instead of showing it. */
export function startMeter(): Meter {
  let steps = new Map<string, { times: number; counts: Tallied }>();
  let current: Tallied | undefined;
  const add = (figure: Figure, by: number) => {
    if (current) current[figure] += by;
  };
  const restore = [watchClients(() => current), watchLog((bytes) => add('logBytes', bytes))];
  return {
    async during(name, act) {
      const step = steps.get(name) ?? { times: 0, counts: { ...NOTHING, calls: {} } };
      steps.set(name, step);
      step.times += 1;
      current = step.counts;
      try {
        return await act();
      } finally {
        current = undefined;
      }
    },
    add,
    take() {
      const taken = Object.fromEntries(steps);
      steps = new Map();
      return taken;
    },
    load: async (file) => {
      const handler = await loadFromFunctions(file);
      return (event, context) => {
        add('invocations', 1);
        return handler(event, context);
      };
    },
    stop: () => {
      for (const undo of restore) undo();
    },
  };
}

interface Args {
  readonly input: object;
}
type Next = (args: Args) => Promise<{ output: unknown }>;
type Middleware = (next: Next, context: { commandName?: string }) => Next;
interface Watched {
  readonly middlewareStack: { add(middleware: Middleware, options: { step: string; priority?: string }): void };
}
type Prototype = { send(this: Watched, ...args: unknown[]): unknown };

const SERVICES = [
  ['dynamodb', DynamoDBClient],
  ['sqs', SQSClient],
  ['s3', S3Client],
] as const;

/** A client gets its middleware with its first call: whoever made it need not know. */
function watchClients(counting: () => Tallied | undefined): () => void {
  const undo = SERVICES.map(([service, client]) => {
    const prototype = client.prototype as unknown as Prototype;
    const { send } = prototype;
    const seen = new WeakSet<Watched>();
    prototype.send = function (...args) {
      if (!seen.has(this)) addMiddleware(this, service, counting);
      seen.add(this);
      return send.apply(this, args);
    };
    return () => {
      prototype.send = send;
    };
  });
  return () => {
    for (const each of undo) each();
  };
}

function addMiddleware({ middlewareStack }: Watched, service: string, counting: () => Tallied | undefined): void {
  // Below the SDK's own repetitions: each try is a call.
  const countTry: Middleware =
    (next, { commandName = '' }) =>
    (args) => {
      const counts = counting();
      const operation = commandName.replace(/Command$/, '');
      if (counts) countCall(counts, service, operation);
      return next(args);
    };
  middlewareStack.add(countTry, { step: 'finalizeRequest', priority: 'low' });
  if (service !== 'dynamodb') return;
  const countUnits: Middleware =
    (next, { commandName = '' }) =>
    async (args) => {
      const counts = counting();
      const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' } });
      if (counts) addUnits(counts, commandName, (answer.output as Answered).ConsumedCapacity);
      return answer;
    };
  middlewareStack.add(countUnits, { step: 'initialize' });
}

function countCall(counts: Tallied, service: string, operation: string): void {
  const name = `${service}.${operation}`;
  counts.calls[name] = (counts.calls[name] ?? 0) + 1;
  if (service === 'sqs') counts.messages += 1;
  if (service !== 's3' || operation.startsWith('Delete') || operation.startsWith('Abort')) return;
  counts[/^(Get|Head)/.test(operation) ? 'gets' : 'puts'] += 1;
}

interface Consumed {
  readonly CapacityUnits?: number;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>;
}
interface Answered {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
}

const READS = /^(Get|Query|Scan|BatchGet)/;

/** A refused write is paid for and says nothing of its price: it throws on its way here, and a scene must have none. */
function addUnits(counts: Tallied, command: string, consumed: Answered['ConsumedCapacity']): void {
  const all = [consumed ?? []].flat();
  if (all.length === 0) throw new Error(`the engine does not say what ${command} took`);
  for (const { CapacityUnits = 0, GlobalSecondaryIndexes = {} } of all) {
    if (READS.test(command)) {
      counts.readUnits += CapacityUnits;
      continue;
    }
    counts.writeUnits += CapacityUnits;
    for (const index of Object.values(GlobalSecondaryIndexes)) counts.indexUnits += index.CapacityUnits ?? 0;
  }
}

/** Lines of the functions are one JSON object each; everything else is somebody else's and passes. */
function watchLog(count: (bytes: number) => void): () => void {
  const { stdout } = process;
  const { write } = stdout;
  stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
    if (!chunk.toString().startsWith('{"time":')) return write.call(stdout, chunk, ...rest);
    count(Buffer.byteLength(chunk));
    return true;
  }) as typeof write;
  return () => {
    stdout.write = write;
  };
}
