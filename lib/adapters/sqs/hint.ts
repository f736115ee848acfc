import * as z from 'zod/mini';
import type { Hint } from '../../app/ports.ts';
import { PLATFORMS } from '../../domain/build.ts';

const count = z.number().check(z.int(), z.nonnegative());

/** `v` lets a later version be told apart while messages of this one are still in the queue. */
const HintBody = z.object({
  v: z.literal(1),
  buildId: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  attempt: count,
  platform: z.enum(PLATFORMS),
  submittedAt: count,
  sourceSize: count,
  sourceSha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  hasCerts: z.optional(z.boolean()),
  rank: z.optional(z.int()),
});

export function renderHint(hint: Hint): string {
  return JSON.stringify({ v: 1, ...hint });
}

/** Undefined for a body that is not one of ours. */
export function parseHint(body: string): Hint | undefined {
  const parsed = z.safeParse(HintBody, parseJson(body));
  if (!parsed.success) return undefined;
  const { v: _version, ...hint } = parsed.data;
  return hint;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
