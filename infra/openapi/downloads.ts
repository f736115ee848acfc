import * as z from 'zod/mini';
import { OneBuild, OneFile } from '../../lib/runtime/inputs/builds.ts';
import { type Description, file, json } from './description.ts';
import { count } from './fields.ts';

export const redirected = json('Where the file is: follow it without the credentials.', z.object({ url: z.url() }), {
  location: 'The file, for 15 minutes.',
});

export const DOWNLOADS = {
  'download-result': {
    summary: 'The result of a build',
    input: OneBuild,
    replies: { 200: file('A small file.', 'application/octet-stream'), 302: redirected },
    refusals: ['build_not_completed', 'result_not_found'],
  },
  'download-own-source': {
    summary: 'The source of a build, for who submitted it',
    input: OneBuild,
    replies: { 200: file('A small file.', 'application/zip'), 302: redirected },
    refusals: ['source_missing'],
  },
  'link-file': {
    summary: 'Where a file of a build can be fetched without a credential',
    details: 'For 15 minutes. Whoever has the address has the file.',
    input: OneFile,
    replies: {
      200: json(
        'The file, and where it is.',
        z.object({ url: z.url(), filename: z.string(), size: count, sha256: z.string() }),
      ),
    },
    refusals: ['build_not_completed', 'result_not_found', 'source_missing'],
  },
} satisfies Record<string, Description>;
