import { Rejection } from '../../lib/domain/rejection.ts';
import { api } from '../../lib/runtime/api.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';

readEnv([]);

/** Takes whatever no route takes, with any body. */

export const handler = api(
  { access: 'not-found', input: Nothing, readBody: async () => ({ fields: {}, files: {}, isMultipart: false }) },
  async (_input, { path }) => {
    throw new Rejection('not_found', `Nothing is at ${path}`);
  },
);
