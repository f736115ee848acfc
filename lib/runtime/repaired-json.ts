/**
 * JSON that was made by joining text, as JSON: in a string, control characters and what is no escape are escaped, and
 * so is a quotation mark that does not end the string. Outside of strings control characters go. One pass; the look
 * ahead from one quotation mark ends before the next.
 */
export function repairedJson(text: string): string {
  let repaired = '';
  /** Which kind of string this is inside of: names are never joined from text. */
  let inside: 'name' | 'value' | undefined;
  let before = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (inside === undefined) {
      if (character === '"') inside = before === ':' ? 'value' : 'name';
      if (character > ' ') before = character;
      repaired += character < ' ' ? ' ' : character;
    } else if (character === '\\') {
      const found = escapeAt(text, at);
      repaired += found ?? '\\\\';
      if (found !== undefined) at += found.length - 1;
    } else if (character === '"') {
      if (inside === 'name' || endsValue(text, at)) inside = undefined;
      repaired += inside === undefined ? '"' : '\\"';
    } else {
      repaired += character < ' ' ? JSON.stringify(character).slice(1, -1) : character;
    }
  }
  return repaired;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
/** A value ends before the next name, or before the end of its object. Any other mark is one in a text. */
const BEFORE_NAME = /"\s*,\s*"(?:level|message|timestamp|worker_id|attempt|logs)"\s*:/y;
const BEFORE_END = /"\s*\}\s*(?:,\s*\{\s*"|\]|$|\}\s*$)/y;

/** A backslash before the quotation mark that ends the value is text: `"C:\"}`. */
function escapeAt(text: string, at: number): string | undefined {
  ESCAPE.lastIndex = at;
  const found = ESCAPE.exec(text)?.[0];
  return found === '\\"' && endsValue(text, at + 1) ? undefined : found;
}

const endsValue = (text: string, at: number) => matchesAt(BEFORE_NAME, text, at) || matchesAt(BEFORE_END, text, at);

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}
