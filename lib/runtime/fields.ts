import * as z from 'zod/mini';
import { PLATFORMS } from '../domain/build.ts';
import { LABEL } from '../domain/labels.ts';
import { MAX_PRIORITY } from '../domain/line.ts';

/** Fields that several endpoints share. The words of a refusal are the old controller's where clients match on them. */

/** An id as this controller makes them, and as the old ones did (nanoid, UUID). */
export const id = z.string('must be a string').check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not an id'));

export const platform = z.enum(PLATFORMS, 'Valid platform required (ios|android)');

export const sha256 = z
  .string('sha256 required: 64 hex digits')
  .check(z.regex(/^[0-9a-f]{64}$/, 'sha256 must be 64 lower-case hex digits'));

export const size = z.int('size required: a whole number of bytes').check(z.positive('size must be above 0'));

/** Looked at character by character: an expression for the whole of it would need a stack as deep as the text is long. */
export const base64 = z
  .string('must be base64')
  .check(z.refine((text) => text.length % 4 === 0 && !/[^A-Za-z0-9+/=]|=[^=]/.test(text), 'must be base64'));

/** From JSON a number; from a form or a query its digits. */
export const attempt = z.optional(
  z.union(
    [wholeNumber(), z.pipe(z.string().check(z.regex(/^[0-9]{1,5}$/)), z.transform(Number))],
    'attempt must be a whole number',
  ),
);

function wholeNumber() {
  return z.int().check(z.gte(1), z.lte(99_999));
}

const PRIORITY = `priority must be a whole number from 0 to ${MAX_PRIORITY}`;

/** From JSON a list; from a form a text with commas between them. */
export function labels(max: number) {
  const message = labelsMessage('labels', max);
  const sent = z.union([z.array(z.string()), z.string()], message);
  return z.optional(z.pipe(sent, z.transform(sorted)).check(z.refine((list) => areLabels(list, max), message)));
}

/** In a query: at least one, with commas between them. */
export function someLabels(name: string, max: number) {
  const message = labelsMessage(name, max);
  const areGood = (list: readonly string[]) => list.length > 0 && areLabels(list, max);
  return z.optional(
    z
      .pipe(
        z.string(message),
        z.transform((text: string) => sorted(text)),
      )
      .check(z.refine(areGood, message)),
  );
}

const labelsMessage = (name: string, max: number) =>
  `${name} must be at most ${max} of a-z 0-9 . _ = -, each of at most 40 characters, the first a letter or digit`;

const areLabels = (list: readonly string[], max: number) =>
  list.length <= max && list.every((label) => LABEL.test(label));

function sorted(sent: string | string[]): string[] {
  const list = typeof sent === 'string' ? sent.split(',').filter((label) => label !== '') : sent;
  return [...new Set(list)].sort();
}

/** From JSON a number; from a form its digits. */
export const priority = z.optional(
  z
    .pipe(z.union([z.int(), z.string().check(z.regex(/^[0-9]{1,2}$/))], PRIORITY), z.transform(Number))
    .check(z.refine((value) => value >= 0 && value <= MAX_PRIORITY, PRIORITY)),
);

/** A whole number in a query: its digits and nothing else. */
export function digits(message: string) {
  return z.pipe(z.string(message).check(z.regex(/^[0-9]{1,8}$/, message)), z.transform(Number));
}

/** Both ends are what is told to who leaves them. */
export function digitsFromTo(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return digits(message).check(z.gte(min, message), z.lte(max, message));
}

const MOMENT = 'must be milliseconds since 1970';
/** In a query. 13 digits reach to the year 2286, as far as the order of a list. */
export const moment = z.pipe(z.string(MOMENT).check(z.regex(/^[0-9]{1,13}$/, MOMENT)), z.transform(Number));

/** Of a list. The cursor is looked at where it is used. */
export const page = {
  limit: z._default(digitsFromTo(1, 100), 100),
  cursor: z.optional(z.string()),
};

/** Text for people: cut at `max` characters, made well-formed (the table refuses lone surrogates), without NULs. */
export function text(max: number) {
  return z.pipe(
    z.string('must be text'),
    z.transform((value) => cleaned(value, max)),
  );
}

export const cleaned = (value: string, max: number) => value.slice(0, max).toWellFormed().replaceAll('\0', '');

/** A line for people that is shown on screens and in logs: without control characters, and not empty. */
export function printed(missing: string, max: number) {
  return z
    .pipe(
      z.pipe(z.string(missing), text(max)),
      z.transform((value) => value.replace(/\p{C}/gu, ' ').trim()),
    )
    .check(z.minLength(1, missing));
}

/** The base of a file name: no folders, no controls, not hidden. */
export const filename = z.string().check(z.regex(/^(?!\.)[^/\\\p{C}]{1,200}$/u, 'filename must be a plain file name'));
