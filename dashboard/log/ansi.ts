import { applySgr, PLAIN, type TextStyle } from './sgr.ts';

/** Text of one look. It is put into the page as a text node, never as markup. */
export interface Span {
  readonly text: string;
  readonly style: TextStyle;
}

/** Anything that is not shown as it is: controls but the tab, and what turns the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
const SPECIAL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/**
 * One escape sequence or special character, by ECMA-48: with its end (CSI; strings such as OSC links), or its first two
 * characters. No part of the expression can match in two ways, and strings end at the next escape: it is linear.
 */
const TOKEN = new RegExp(
  [
    '(?:\\x1b\\[|\\x9b)(?<parameters>[0-?]*)[ -/]*(?<final>[@-~])',
    // A string without its end hides nothing: only its first two characters are dropped.
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)',
    '\\x1b(?:[ -/]*[0-~])?',
    `(?<special>${SPECIAL.source})`,
  ].join('|'),
  'g',
);

/**
 * A log line as a terminal would leave it: colours as styles, what a carriage return or a backspace wrote over replaced.
 * Other escape sequences are dropped, other controls are shown as their pictures. Each line begins without colour, as
 * the lines of a log come from many programs.
 */
export function parseAnsi(message: string): readonly Span[] {
  if (!SPECIAL.test(message)) return message === '' ? [] : [{ text: message, style: PLAIN }];
  const screen = new ScreenLine();
  let style = PLAIN;
  let end = 0;
  for (const match of message.matchAll(TOKEN)) {
    screen.write(message.slice(end, match.index), style);
    end = match.index + match[0].length;
    const { parameters = '', final, special } = match.groups ?? {};
    if (special !== undefined) screen.control(special, style);
    else if (final === 'm') style = applySgr(style, parameters);
    else if (final === 'K') screen.erase(parameters);
    else if (final === 'G') screen.moveTo(Number(parameters) - 1);
  }
  screen.write(message.slice(end), style);
  return screen.spans;
}

/** The same without its looks: what is searched, copied and downloaded. */
export function plainText(message: string): string {
  if (!SPECIAL.test(message)) return message;
  return parseAnsi(message)
    .map(({ text }) => text)
    .join('');
}

class ScreenLine {
  spans: Span[] = [];
  #length = 0;
  #cursor = 0;

  write(text: string, style: TextStyle): void {
    if (text === '') return;
    if (this.#cursor === this.#length) this.#append(text, style);
    else this.#replace(this.#cursor, this.#cursor + text.length, text, style);
    this.#cursor += text.length;
  }

  control(character: string, style: TextStyle): void {
    if (character === '\r') this.moveTo(0);
    else if (character === '\b') this.moveTo(this.#cursor - 1);
    // A line's own end may have stayed on it.
    else if (character !== '\n') this.write(pictureOf(character), style);
  }

  /** To a column, from 0. */
  moveTo(column: number): void {
    this.#cursor = Math.min(Math.max(0, column || 0), this.#length);
  }

  /** "Erase in line": to its end, to its beginning, or all of it. */
  erase(parameter: string): void {
    if (parameter === '' || parameter === '0') this.#replace(this.#cursor, this.#length, '', PLAIN);
    else if (parameter === '1') this.#replace(0, this.#cursor, ' '.repeat(this.#cursor), PLAIN);
    else if (parameter === '2') this.#replace(0, this.#length, ' '.repeat(this.#cursor), PLAIN);
  }

  #append(text: string, style: TextStyle): void {
    const last = this.spans.at(-1);
    if (last?.style === style) this.spans[this.spans.length - 1] = { text: last.text + text, style };
    else this.spans.push({ text, style });
    this.#length += text.length;
  }

  #replace(from: number, to: number, text: string, style: TextStyle): void {
    const before = this.spans;
    this.spans = [];
    this.#length = 0;
    for (const span of cut(before, 0, from)) this.#append(span.text, span.style);
    if (text !== '') this.#append(text, style);
    for (const span of cut(before, to, Number.POSITIVE_INFINITY)) this.#append(span.text, span.style);
    this.#cursor = Math.min(this.#cursor, this.#length);
  }
}

/** The part of a line between two places. Half of a character of two code units is shown as missing. */
export function cut(spans: readonly Span[], from: number, to: number): Span[] {
  const parts: Span[] = [];
  let at = 0;
  for (const { text, style } of spans) {
    const part = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (part !== '') parts.push({ text: part.toWellFormed(), style });
    at += text.length;
  }
  return parts;
}

/** U+2400 and on are pictures of the C0 controls. */
function pictureOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}
