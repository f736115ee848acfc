import { api } from '../../lib/runtime/api.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import document from '../../lib/runtime/openapi.json' with { type: 'json' };

readEnv([]);

export const handler = api({ access: 'describe-api', input: Nothing }, async () => ({
  status: 200,
  headers: { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' },
  body: document,
}));
