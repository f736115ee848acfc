import * as z from 'zod/mini';
import { Rejection } from '../../lib/domain/rejection.ts';
import { api } from '../../lib/runtime/api.ts';
import { readEnv } from '../../lib/runtime/env.ts';

readEnv([]);

/** Takes whatever no route takes, with any body. */
export const handler = api(
  { input: z.object({}), readBody: async () => ({ fields: {}, files: {}, isMultipart: false }) },
  async (_input, { path }) => {
    throw new Rejection('not_found', `Nothing is at ${path}`);
  },
);
