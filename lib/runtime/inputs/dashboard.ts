import * as z from 'zod/mini';

/** A file of the dashboard; the page itself where none is named. */
export const PageFile = z.object({ file: z.optional(z.string().check(z.regex(/^[\w.-]{1,100}$/, 'is no file name'))) });
