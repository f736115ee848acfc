/** 0 to 15: the sixteen named colours, whose look is the theme's. Else `#rrggbb`. */
export type Colour = number | `#${string}`;

export interface TextStyle {
  readonly fg?: Colour;
  readonly bg?: Colour;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly strike?: true;
  readonly inverse?: true;
}

export const PLAIN: TextStyle = {};

type Attribute = Exclude<keyof TextStyle, 'fg' | 'bg'>;

// Blinking (5) has no place in a log that is read, and hidden text (8) would be a way to hide something in it.
const ON: Readonly<Record<number, Attribute>> = {
  1: 'bold',
  2: 'dim',
  3: 'italic',
  4: 'underline',
  7: 'inverse',
  9: 'strike',
};
const OFF: Readonly<Record<number, readonly (keyof TextStyle)[]>> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  29: ['strike'],
  39: ['fg'],
  49: ['bg'],
};

/** The style behind a "select graphic rendition" sequence; what it does not know changes nothing. */
export function applySgr(style: TextStyle, parameters: string): TextStyle {
  let next = style;
  // `38;2;1;2;3` and `38:2::1:2:3` are both in use: a group with colons is complete in itself.
  const groups = parameters.split(';').map((group) => group.split(':').map(Number));
  for (let at = 0; at < groups.length; at += 1) {
    const [code = 0, ...own] = groups[at] ?? [];
    if (code !== 38 && code !== 48) {
      // `4:0` ends an underline, `4:3` is a wavy one.
      next = code === 4 && own[0] === 0 ? without(next, ['underline']) : applyCode(next, code);
      continue;
    }
    const following = groups.slice(at + 1, at + 5).map(([value = 0]) => value);
    const { colour, used } = own.length > 0 ? { colour: inColons(own), used: 0 } : inSemicolons(following);
    at += used;
    if (colour !== undefined) next = { ...next, [code === 38 ? 'fg' : 'bg']: colour };
  }
  return next;
}

function applyCode(style: TextStyle, code: number): TextStyle {
  if (code === 0) return PLAIN;
  const on = ON[code];
  if (on) return { ...style, [on]: true };
  const off = OFF[code];
  if (off) return without(style, off);
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, fg: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, bg: code - 92 };
  return style;
}

function without(style: TextStyle, names: readonly (keyof TextStyle)[]): TextStyle {
  return Object.fromEntries(Object.entries(style).filter(([name]) => !(names as readonly string[]).includes(name)));
}

function inSemicolons([kind, a = 0, b = 0, c = 0]: readonly number[]): { colour: Colour | undefined; used: number } {
  if (kind === 5) return { colour: indexed(a), used: 2 };
  if (kind === 2) return { colour: rgb(a, b, c), used: 4 };
  return { colour: undefined, used: 0 };
}

function inColons([kind, ...values]: readonly number[]): Colour | undefined {
  if (kind === 5) return indexed(values[0] ?? 0);
  if (kind !== 2) return undefined;
  // With four values the first is a colour space, which nobody fills in.
  const [r = 0, g = 0, b = 0] = values.length > 3 ? values.slice(1) : values;
  return rgb(r, g, b);
}

/** The steps of the 6 × 6 × 6 cube of xterm's 256 colours. */
const CUBE = [0, 95, 135, 175, 215, 255];

function indexed(index: number): Colour | undefined {
  if (!Number.isInteger(index) || index < 0 || index > 255) return undefined;
  if (index < 16) return index;
  const cube = index - 16;
  if (index < 232) return rgb(...([cube / 36, cube / 6, cube].map((step) => CUBE[Math.floor(step) % 6] ?? 0) as Rgb));
  const grey = 8 + (index - 232) * 10;
  return rgb(grey, grey, grey);
}

type Rgb = [number, number, number];

function rgb(...values: Rgb): Colour | undefined {
  if (!values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) return undefined;
  return `#${values.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
