import {
  api,
  CHANGES,
  FILES,
  type FunctionDefinition,
  READS_RESULTS,
  RECORDS,
  reserved,
  TABLE,
} from './function-definition.ts';

/** What a virtual machine in which a build runs calls, and what is asked about it. */
export const MACHINE_FUNCTIONS: readonly FunctionDefinition[] = [
  reserved(
    api(
      'record-telemetry',
      ['POST /api/builds/{id}/telemetry'],
      [...RECORDS, 'LEASE_SECONDS'],
      ['table:GetItem', ...CHANGES],
    ),
  ),
  api(
    'read-metrics',
    ['GET /api/builds/{id}/metrics'],
    [...TABLE, 'BUILD_TOKEN_DAYS'],
    ['table:GetItem', 'table:Query'],
  ),
  api(
    'authenticate-vm',
    ['POST /api/builds/{id}/authenticate'],
    [...TABLE, 'MAX_BUILD_SECONDS'],
    ['table:GetItem', 'table:UpdateItem'],
  ),
  api(
    'vm-ready',
    ['POST /api/builds/{id}/vm-ready'],
    [...TABLE, 'LEASE_SECONDS'],
    ['table:GetItem', 'table:UpdateItem'],
  ),
  api('vm-status', ['GET /api/builds/{id}/vm-status'], TABLE, ['table:GetItem']),
  api(
    'upload-artifact',
    ['POST /api/builds/{id}/artifact'],
    [...RECORDS, ...FILES],
    [...READS_RESULTS, 'results:PutObject', 'table:GetItem', ...CHANGES],
  ),
];
