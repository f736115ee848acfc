import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type Body, rawBody } from './body.ts';
import { repairedJson } from './repaired-json.ts';

/**
 * The body of a log call. The old scripts put lines into JSON by joining text: colour codes, quotes and line ends of a
 * tool's output come as they are, and fifty lines would be lost with one of them. What is no JSON is repaired; what
 * cannot be repaired is kept as it came, as lines of the log. Only a body without any text is none.
 */
export function logBody(
  event: Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded' | 'headers'>,
  lineCharacters: number,
): Body {
  const text = rawBody(event)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  return { fields: fieldsOf(text, lineCharacters), files: {}, isMultipart: false };
}

function fieldsOf(text: string, lineCharacters: number): Record<string, unknown> {
  if (!/[^\s\p{Cc}]/u.test(text)) return {};
  const value = parsed(text) ?? parsed(repairedJson(text));
  if (value === undefined)
    return { logs: piecesOf(text, lineCharacters).map((message) => ({ level: 'info', message })) };
  return typeof value.json === 'object' && value.json !== null ? { ...value.json } : {};
}

/** One line of the log, or as many as its length needs. */
function piecesOf(text: string, lineCharacters: number): string[] {
  const count = Math.ceil(text.length / lineCharacters);
  return Array.from({ length: count }, (_, at) => text.slice(at * lineCharacters, (at + 1) * lineCharacters));
}

/** Boxed, as `null` is JSON too. */
function parsed(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    // RangeError: nested deeper than the stack.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
