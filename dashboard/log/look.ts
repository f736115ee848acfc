import type { Match } from './match.ts';
import { cut, type Span } from './ansi.ts';
import type { Colour, TextStyle } from './sgr.ts';

/** A piece of a line as it is shown. */
export interface Piece {
  readonly text: string;
  readonly className: string;
  readonly isMatch: boolean;
}

/** The spans of a line, cut where a match begins or ends. */
export function piecesOf(spans: readonly Span[], match: Match | undefined): Piece[] {
  const places = [0, ...(match?.ranges ?? []), Number.POSITIVE_INFINITY];
  return places.slice(1).flatMap((end, index) =>
    cut(spans, places[index] ?? 0, end).map(({ text, style }) => ({
      text,
      className: classOf(style),
      // Every other stretch is one between two matches.
      isMatch: index % 2 === 1,
    })),
  );
}

/** The classes that `log.css` has for a style. */
export function classOf(style: TextStyle): string {
  const [fg, bg] = style.inverse ? [style.bg, style.fg ?? 7] : [style.fg, style.bg];
  const flags = (['bold', 'dim', 'italic', 'underline', 'strike'] as const).filter((flag) => style[flag]);
  return [
    ...(fg === undefined ? [] : [`fg-${named(fg)}`]),
    ...(bg === undefined ? [] : [`bg-${named(bg)}`]),
    ...flags,
  ].join(' ');
}

/** A bright colour is its plain one: the theme's are bright where it is dark. */
const NAMES = ['text', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'text', 'grey'] as const;
/** Where on the circle of hues, in degrees, each of the six ends. */
const HUES = [
  [20, 'red'],
  [70, 'yellow'],
  [165, 'green'],
  [200, 'cyan'],
  [265, 'blue'],
  [340, 'magenta'],
  [360, 'red'],
] as const;

/**
 * The theme's name for a colour. What a program chose for a terminal's black may be unreadable on this page's white: each
 * colour is shown as the nearest of those that can be read on both.
 */
export function named(colour: Colour): string {
  if (typeof colour === 'number') return NAMES[colour > 8 ? colour - 8 : colour] ?? 'text';
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  // Where no part stands out it is a grey; the outer ones are meant to be read, the middle ones to step back.
  if (most - least < 40) return most > 80 && most < 190 ? 'grey' : 'text';
  const hue = hueOf(r, g, b, most, most - least);
  return HUES.find(([end]) => hue < end)?.[1] ?? 'red';
}

function hueOf(r: number, g: number, b: number, most: number, span: number): number {
  const sixths = most === r ? (g - b) / span : most === g ? 2 + (b - r) / span : 4 + (r - g) / span;
  return (sixths * 60 + 360) % 360;
}
