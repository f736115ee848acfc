/**
 * List prices in USD, before free tiers. DynamoDB's are half of what they were before 2024-11-01; Lambda's count the start of a
 * function since 2025-08-01.
 */
export const PRICES = {
  region: 'us-east-1',
  readOn: '2026-11-24',
  /** HTTP API, for each 512 KB of a request. */
  request: 1.0 / 1e6,
  /** Lambda, arm64. */
  invocation: 0.2 / 1e6,
  gbSecond: 13.3334 / 1e6,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** SQS, standard queue, for each 64 KB. */
  message: 0.4 / 1e6,
  /** S3: what writes or lists, and what reads. Deleting is free. */
  put: 5.0 / 1e6,
  get: 0.4 / 1e6,
  logGb: 0.5,
  egressGb: 0.09,
  /** A month each. */
  alarm: 0.1,
  storedGb: { s3: 0.023, table: 0.25, tableHistory: 0.2 },
  dashboard: 3,
  metric: 0.3,
} as const;

export const DAYS_PER_MONTH = 30;
export const BYTES_PER_GB = 1e9;
