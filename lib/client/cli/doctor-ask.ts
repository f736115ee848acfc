import type * as z from 'zod/mini';
import { ApiError, Unreachable } from '../api-error.ts';
import { callOnce } from '../request.ts';
import type { CommandContext } from './context.ts';

export type Asked<T> =
  | { readonly ok: true; readonly body: T; readonly headers: Headers; readonly tookMs: number }
  | { readonly ok: false; readonly error: ApiError | Unreachable };

/** Asks once, and takes a refusal, or no answer, for an answer. */
export function asker({ io, settings, signal }: CommandContext, credentials: Readonly<Record<string, string>>) {
  const connection = { baseUrl: settings.baseUrl, clock: io.clock, random: io.random };
  return async <T>(
    method: 'GET' | 'POST',
    path: string,
    answer: z.ZodMiniType<T>,
    body?: object,
  ): Promise<Asked<T>> => {
    try {
      const call = { method, path, answer, credentials, signal, ...(body && { body }) };
      const { body: parsed, headers, sentAt } = await callOnce(connection, call);
      return { ok: true, body: parsed, headers, tookMs: io.clock.now() - sentAt };
    } catch (error) {
      if (error instanceof ApiError || error instanceof Unreachable) return { ok: false, error };
      throw error;
    }
  };
}
