import * as z from 'zod/mini';
import { BegunResultUpload, BegunSourceUpload, ResultUpload, SourceUpload } from '../../lib/runtime/inputs/uploads.ts';
import { type Description, json } from './description.ts';
import { count, done, id, ms } from './fields.ts';

const ticket = { url: z.url(), headers: z.record(z.string(), z.string()), expires_at: ms };
const method = z.literal('PUT');

const Whole = z.object({ upload_id: id, method, ...ticket });

const Stored = z.object({ upload_id: id, is_stored: z.literal(true) });

const InParts = z.object({
  upload_id: id,
  method,
  part_size: count,
  part_count: count,
  missing_parts: count,
  parts: z.array(z.object({ number: count, size: count, ...ticket })),
});

const Joined = z.object({ upload_id: id, size: count, sha256: z.string() });

const created = {
  200: json('Where to put the file with exactly these headers, or its parts.', z.union([InParts, Whole])),
};
const createdOrStored = {
  200: json(
    'Where to put the file with exactly these headers, or its parts; or, with `reuse`, that nothing has to be sent.',
    z.union([InParts, Whole, Stored]),
  ),
};
const continued = { 200: json('How many parts are missing, with addresses for the first hundred.', InParts) };
const completed = { 200: json('The file is there.', Joined) };
const aborted = { 200: json('Whatever had arrived is deleted.', done) };

export const UPLOADS = {
  'create-source-upload': {
    summary: 'Begins the upload of a source',
    input: SourceUpload,
    replies: createdOrStored,
    refusals: ['payload_too_large'],
  },
  'continue-source-upload': {
    summary: 'What is missing of an upload in parts',
    input: BegunSourceUpload,
    replies: continued,
    refusals: ['upload_not_found', 'upload_damaged'],
  },
  'complete-source-upload': {
    summary: 'Joins the parts of an upload',
    input: BegunSourceUpload,
    replies: completed,
    refusals: ['upload_not_found', 'upload_incomplete', 'upload_damaged'],
  },
  'abort-source-upload': {
    summary: 'Gives an upload in parts up',
    input: BegunSourceUpload,
    replies: aborted,
    refusals: ['upload_not_found'],
  },
  'create-result-upload': {
    summary: 'Begins the upload of a result',
    input: ResultUpload,
    replies: created,
    refusals: ['payload_too_large'],
  },
  'continue-result-upload': {
    summary: 'What is missing of an upload in parts',
    input: BegunResultUpload,
    replies: continued,
    refusals: ['upload_not_found', 'upload_damaged'],
  },
  'complete-result-upload': {
    summary: 'Joins the parts of an upload',
    input: BegunResultUpload,
    replies: completed,
    refusals: ['upload_not_found', 'upload_incomplete', 'upload_damaged'],
  },
  'abort-result-upload': {
    summary: 'Gives an upload in parts up',
    input: BegunResultUpload,
    replies: aborted,
    refusals: ['upload_not_found'],
  },
} satisfies Record<string, Description>;
