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
}
