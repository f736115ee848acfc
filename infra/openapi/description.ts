import type * as z from 'zod/mini';
import type { RejectionCode } from '../../lib/domain/rejection.ts';

/** What the document says of an endpoint beyond its routes and its line in the access table. */
export interface Description {
  readonly summary: string;
  readonly details?: string;
  /** The schema that the function validates with. */
  readonly input: z.ZodMiniType;
  /** For a body that the function reads itself: what it takes. */
  readonly body?: z.ZodMiniType;
  /** The function takes `multipart/form-data` too. */
  readonly form?: Form;
  /** Optional headers that mean something beside the credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly replies: Readonly<Record<number, ReplyDescription>>;
  /** Beyond what every endpoint with its line in the access table may answer. */
  readonly refusals: readonly RejectionCode[];
  /** The limits on how often somebody may ask do not count it. */
  readonly isUnlimited?: true;
}

interface Form {
  readonly files: Readonly<Record<string, string>>;
  readonly required: readonly string[];
  /** Fields of the JSON form that a form has not. */
  readonly without: readonly string[];
}

export type ReplyDescription = {
  readonly says: string;
  /** Headers that are always there. */
  readonly headers?: Readonly<Record<string, string>>;
} & ({ readonly schema: z.ZodMiniType } | { readonly types: readonly string[] });

export const json = (says: string, schema: z.ZodMiniType, headers: Record<string, string> = {}) => ({
  says,
  schema,
  headers,
});

export const file = (says: string, ...types: string[]) => ({
  says,
  types,
  headers: { 'content-disposition': 'The name to save it under.' },
});
