import {
  api,
  FILES,
  type FunctionDefinition,
  JOIN_SECONDS,
  READS_RESULTS,
  READS_SOURCES,
  TABLE,
} from './function-definition.ts';

/** How a file gets into S3 without passing a function: an address, and where it has parts, what is still to come. */
export const UPLOAD_FUNCTIONS: readonly FunctionDefinition[] = [
  api(
    'create-source-upload',
    ['POST /api/uploads'],
    [...TABLE, ...FILES, 'MAX_SOURCE_UPLOAD_BYTES'],
    [...READS_SOURCES, 'sources:PutObject', 'table:GetItem'],
  ),
  api(
    'continue-source-upload',
    ['GET /api/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_SOURCES, 'sources:ListMultipartUploadParts', 'sources:PutObject', 'table:GetItem'],
  ),
  api(
    'complete-source-upload',
    ['POST /api/uploads/{upload_id}/complete'],
    [...TABLE, ...FILES],
    [
      ...READS_SOURCES,
      'sources:AbortMultipartUpload',
      'sources:ListMultipartUploadParts',
      'sources:PutObject',
      'table:GetItem',
    ],
    JOIN_SECONDS,
  ),
  api(
    'abort-source-upload',
    ['DELETE /api/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_SOURCES, 'sources:AbortMultipartUpload', 'table:GetItem'],
  ),
  api(
    'create-result-upload',
    ['POST /api/builds/{id}/uploads'],
    [...TABLE, ...FILES, 'MAX_RESULT_UPLOAD_BYTES'],
    ['results:PutObject', 'table:GetItem'],
  ),
  api(
    'continue-result-upload',
    ['GET /api/builds/{id}/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_RESULTS, 'results:ListMultipartUploadParts', 'results:PutObject', 'table:GetItem'],
  ),
  api(
    'complete-result-upload',
    ['POST /api/builds/{id}/uploads/{upload_id}/complete'],
    [...TABLE, ...FILES],
    [
      ...READS_RESULTS,
      'results:AbortMultipartUpload',
      'results:ListMultipartUploadParts',
      'results:PutObject',
      'table:GetItem',
    ],
    JOIN_SECONDS,
  ),
  api(
    'abort-result-upload',
    ['DELETE /api/builds/{id}/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_RESULTS, 'results:AbortMultipartUpload', 'table:GetItem'],
  ),
];
