import { api, type FunctionDefinition, QUARANTINE, TABLE } from './function-definition.ts';

/** How the queues stand, and whether they are paused. */
export const QUEUE_FUNCTIONS: readonly FunctionDefinition[] = [
  api(
    'queue-place',
    ['GET /api/builds/{id}/queue'],
    [...TABLE, ...QUARANTINE, 'BUILD_TOKEN_DAYS'],
    ['index.finished:Query', 'index.listed:Query', 'index.state:Query', 'table:BatchGetItem', 'table:GetItem'],
  ),
  api(
    'list-queues',
    ['GET /api/queues'],
    [...TABLE, ...QUARANTINE],
    ['index.due:Query', 'index.listed:Query', 'index.state:Query', 'table:BatchGetItem', 'table:GetItem'],
  ),
  api('pause-queue', ['POST /api/queues/{platform}/pause'], TABLE, ['table:GetItem', 'table:UpdateItem']),
  api('resume-queue', ['POST /api/queues/{platform}/resume'], TABLE, ['table:GetItem', 'table:UpdateItem']),
];
