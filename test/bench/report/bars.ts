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

/** A bar each, with a line from the least to the most. */
export function barsSvg({ title, bars }: Bars): string {
  const height = TOP + bars.length * ROW + 16;
  const largest = Math.max(...bars.map(({ most }) => most));
  const at = (value: number) => toTenth(LEFT + (value / largest) * (WIDTH - LEFT - RIGHT));
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
  return svgOf({ width: WIDTH, height, title, titleX: 16 }, rows);
}
