import { escaped, svgOf, toTenth } from './svg.ts';

interface Bar {
  readonly name: string;
  readonly value: number;
  /** Of several rounds. */
  readonly least: number;
  readonly most: number;
}

export interface Bars {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 720;
const ROW = 24;
const TOP = 40;
const LEFT = 260;
const RIGHT = 80;

/** A bar each over a logarithmic axis, with its figure and a line from the least to the most: none is too short to be seen. */
export function barsSvg({ title, bars }: Bars): string {
  const bottom = TOP + bars.length * ROW;
  const low = decadeBelow(Math.min(...bars.map(({ least }) => least)));
  const high = Math.log10(Math.max(...bars.map(({ most }) => most)));
  const at = (value: number) => toTenth(LEFT + ((Math.log10(value) - low) / (high - low)) * (WIDTH - LEFT - RIGHT));
  const decades = Array.from({ length: Math.floor(high) - low + 1 }, (_, index) => 10 ** (low + index));
  const grid = decades.map(
    (value) =>
      `<path d="M${at(value)} ${TOP - 6}V${bottom}" stroke="#e5e7eb"/><text x="${at(value)}" y="${bottom + 16}" text-anchor="middle">${value.toLocaleString('en')}</text>`,
  );
  const rows = bars.map(({ name, value, least, most }, index) => {
    const y = TOP + index * ROW;
    const middle = y + 8;
    return [
      `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${toTenth(at(value) - LEFT)}" height="16" fill="#2563eb"/>`,
      `<path d="M${at(least)} ${middle}H${at(most)}M${at(least)} ${middle - 4}v8M${at(most)} ${middle - 4}v8" stroke="#111827" fill="none"/>`,
      `<text x="${at(most) + 6}" y="${y + 12}">${escaped(Number(value.toPrecision(3)).toLocaleString('en'))}</text>`,
    ].join('');
  });
  return svgOf({ width: WIDTH, height: bottom + 28, title, titleX: 16 }, [...grid, ...rows]);
}

/** As a power, and never the value itself: the shortest bar has a length too. */
const decadeBelow = (value: number) => Math.ceil(Math.log10(value)) - 1;
