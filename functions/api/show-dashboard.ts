import { Rejection } from '../../lib/domain/rejection.ts';
import { api } from '../../lib/runtime/api.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { PageFile } from '../../lib/runtime/inputs/dashboard.ts';
import { readPageFiles } from '../../lib/runtime/page-files.ts';
import { pageReply } from '../../lib/runtime/page-reply.ts';

const env = readEnv(['PAGE_FOLDER']);
const files = readPageFiles(env.PAGE_FOLDER);

export const handler = api(
  { access: 'show-dashboard', input: PageFile },
  async ({ file = 'index.html' }, { headers, path }) => {
    const reply = pageReply(files, file, headers['accept-encoding']);
    if (!reply) throw new Rejection('not_found', `Nothing is at ${path}`);
    return reply;
  },
);
