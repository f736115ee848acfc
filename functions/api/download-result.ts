import * as z from 'zod/mini';
import { downloadResult } from '../../lib/app/download-result.ts';
import { api } from '../../lib/runtime/api.ts';
import { requireAnyCredential, requireBuildAccess } from '../../lib/runtime/auth.ts';
import { builds, files, openTable } from '../../lib/runtime/container.ts';
import { FILES, TABLE, readEnv } from '../../lib/runtime/env.ts';
import { id } from '../../lib/runtime/fields.ts';
import { deliveryReply } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...FILES]);
const store = builds(openTable(env));
const results = files(env);

export const handler = api(
  { input: z.object({ id }), admit: (headers) => requireAnyCredential(headers, env.CONTROLLER_API_KEY) },
  async (input, { headers }) => {
    const build = await requireBuildAccess(store, headers, env.CONTROLLER_API_KEY, input.id);
    return deliveryReply(await downloadResult(results, build));
  },
);
