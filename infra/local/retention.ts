import { describeError, logLine } from './log-line.ts';

/** Something whose time is past. */
interface Past {
  readonly kind: string;
  /** Where a build that has not ended refers to it by this, it stays. */
  readonly file?: string;
  /** Whether its time was still past, and it was there to be removed. */
  remove(): Promise<boolean>;
}

/** A way through everything that one engine keeps: undefined for each thing that stays. */
export type Round = AsyncGenerator<Past | undefined, void>;

export interface RetentionOptions {
  readonly rounds: readonly (() => Round)[];
  readonly filesInUse: () => Promise<ReadonlySet<string>>;
  /** What one pass looks at and removes, of each engine, before it leaves the rest to the next one. */
  readonly looks?: number;
  readonly removals?: number;
}

/** What one pass removed, by kind, and what it could not. */
interface Removed {
  readonly [kind: string]: number;
  readonly failed: number;
}

export interface Retention {
  /** One pass. What fails is logged and tried again: it never rejects. */
  run(): Promise<Removed>;
  /** A pass that runs ends with what it has in hand; another does nothing. */
  close(): Promise<void>;
}

/** A second or two of a disk's and a database's time, every few minutes: 5,760,000 looks and 288,000 removals a day. */
const LOOKS = 20_000;
const REMOVALS = 1_000;
export const RETENTION_SECONDS = 300;

/**
 * Removes what is past its time, as S3's lifecycle rules and DynamoDB's time to live do on AWS: not at the moment, but soon.
 * A round goes on where the pass before stopped; a process that starts anew begins it anew.
 */
export function createRetention({
  rounds,
  filesInUse,
  looks = LOOKS,
  removals = REMOVALS,
}: RetentionOptions): Retention {
  let isClosed = false;
  const walks = rounds.map((begin) => createWalk(begin));

  async function pass(walk: Walk, counts: Record<string, number>, failures: unknown[]): Promise<void> {
    try {
      const found = await walk.next(looks, removals);
      const inUse = found.some(({ file }) => file !== undefined) ? await filesInUse() : new Set();
      for (const past of found) {
        if (isClosed) break;
        if (past.file !== undefined && inUse.has(past.file)) continue;
        try {
          if (await past.remove()) counts[past.kind] = (counts[past.kind] ?? 0) + 1;
        } catch (error) {
          failures.push(error);
        }
      }
    } catch (error) {
      failures.push(error);
      await walk.restart();
    }
  }

  return {
    async run() {
      const [counts, failures]: [Record<string, number>, unknown[]] = [{}, []];
      for (const walk of walks) if (!isClosed) await pass(walk, counts, failures);
      const failed = failures.length;
      if (Object.keys(counts).length > 0) logLine('info', 'expired_removed', counts);
      if (failed > 0) logLine('error', 'expired_not_removed', { failed, first: describeError(failures[0]) });
      return { ...counts, failed };
    },
    async close() {
      isClosed = true;
      await Promise.all(walks.map((walk) => walk.restart()));
    },
  };
}

type Walk = ReturnType<typeof createWalk>;

function createWalk(begin: () => Round) {
  let round: Round | undefined;
  return {
    async next(looks: number, removals: number): Promise<Past[]> {
      round ??= begin();
      const current = round;
      const found: Past[] = [];
      for (let looked = 0; looked < looks && found.length < removals; looked++) {
        const { done, value } = await current.next();
        if (done) {
          if (round === current) round = undefined;
          break;
        }
        if (value) found.push(value);
      }
      return found;
    },
    /** Also closes the folder that it is in. */
    async restart(): Promise<void> {
      const left = round;
      round = undefined;
      await left?.return();
    },
  };
}
