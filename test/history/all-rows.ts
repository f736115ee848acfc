import type { Row } from './rows.ts';
import { assignments } from './rows-assignments.ts';
import { EDGE_ROWS } from './rows-edges.ts';
import { labels } from './rows-labels.ts';
import { NETWORK_ROWS } from './rows-network.ts';
import { operators } from './rows-operators.ts';
import { staleWall } from './rows-stale.ts';
import { WORKER_ROWS } from './rows-workers.ts';

/** The fault plan, as far as it is played over HTTP against the engines. */
export const ROWS: readonly Row[] = [
  ...NETWORK_ROWS,
  ...WORKER_ROWS,
  ...EDGE_ROWS,
  staleWall,
  labels,
  operators,
  assignments,
];
