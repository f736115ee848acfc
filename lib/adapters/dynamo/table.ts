import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * What every store over the table needs. `pause` (ms) and `chance` ([0, 1)) space repeated writes; `onConflict` hears of
 * each write that met another.
 */
export interface Table {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly pause: (ms: number) => Promise<void>;
  readonly chance: () => number;
  readonly onConflict?: () => void;
  /** How long what is written here is kept. Undefined for a function that writes no record that leaves. */
  readonly recordDays: number | undefined;
}

/** What says until when a record is kept. */
export type Kept = Pick<Table, 'recordDays'>;
