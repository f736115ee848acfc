import { api } from '../../lib/runtime/api.ts';
import { gate, index, openTable } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { BuildPage } from '../../lib/runtime/inputs/builds.ts';
import { filterOf } from '../../lib/runtime/list-filter.ts';
import { linkToNext } from '../../lib/runtime/link-header.ts';
import { listView } from '../../lib/runtime/views.ts';

const env = readEnv(TABLE);
const table = openTable(env);
const builds = index(table);

export const handler = api(
  { access: 'list-builds', gate: gate(env, table), input: BuildPage },
  async ({ limit, cursor, ...asked }, { path }) => {
    const page = await builds.list({ limit, cursor }, filterOf(asked));
    // The list itself is a bare array: the old command line takes nothing else. The next page is in the header.
    const headers = linkToNext(path, { ...asked, limit, cursor: page.next });
    return { status: 200, headers, body: page.builds.map(listView) };
  },
);
