import { readFileSync } from 'node:fs';

/** What a trial is told, in a file. */
export interface TrialTask {
  readonly variants: readonly { readonly name: string; readonly path: string }[];
  readonly event: unknown;
  readonly status: number;
  readonly rounds: number;
  /** Calls of each variant in a round. */
  readonly calls: number;
}

/** Round by round, in ms: what one call took on average, by the clock on the wall and of the processor. */
interface Times {
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
}

export type TrialTimes = Readonly<Record<string, Times>>;

type Handler = (event: unknown, context: unknown) => Promise<{ statusCode: number }>;

const WARM_UP_ROUNDS = 3;

/** Calls one after the other, as an execution environment has them; variants take turns, each round begins with another. */
async function run({ variants, event, status, rounds, calls }: TrialTask): Promise<TrialTimes> {
  const handlers = await Promise.all(
    variants.map(async ({ name, path }) => ({ name, handler: (await import(path)).handler as Handler })),
  );
  const times = Object.fromEntries(variants.map(({ name }) => [name, { wall: [] as number[], cpu: [] as number[] }]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const first = (round + WARM_UP_ROUNDS) % handlers.length;
    for (const { name, handler } of [...handlers.slice(first), ...handlers.slice(0, first)]) {
      const cpuBefore = process.cpuUsage();
      const startedAt = performance.now();
      for (let call = 0; call < calls; call++) {
        const { statusCode } = await handler(event, CONTEXT);
        if (statusCode !== status) throw new Error(`${name} answered ${statusCode}`);
      }
      const wall = (performance.now() - startedAt) / calls;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (round < 0) continue;
      times[name]?.wall.push(wall);
      times[name]?.cpu.push((user + system) / 1000 / calls);
    }
  }
  return times;
}

const CONTEXT = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 5_000 };

if (import.meta.main) {
  const task: TrialTask = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
  const times = await run(task);
  // What functions log goes to standard output.
  process.stderr.write(`${JSON.stringify(times)}\n`);
}
