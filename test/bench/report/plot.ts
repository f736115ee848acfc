import { escaped, svgOf, toTenth } from './svg.ts';

interface Series {
  readonly name: string;
  /** Series of one hue belong together. Absent: each has its own. */
  readonly hue?: number;
  readonly isDashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [760, 400];
const BOX = { left: 70, right: 220, top: 40, bottom: 50 } as const;
const COLOURS = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#db2777', '#4b5563'];

/** Lines over two logarithmic axes: what is plotted here goes over many orders of size. */
export function plotSvg({ title, x, y, series }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const [toX, toY] = [
    scale(
      points.map(([at]) => at),
      BOX.left,
      WIDTH - BOX.right,
    ),
    scale(
      points.map(([, at]) => at),
      HEIGHT - BOX.bottom,
      BOX.top,
    ),
  ];
  const right = WIDTH - BOX.right;
  const bottom = HEIGHT - BOX.bottom;
  const text = (at: number, of: number, words: string, more = '') =>
    `<text x="${toTenth(at)}" y="${toTenth(of)}"${more}>${escaped(words)}</text>`;
  const grid = [
    ...toX.decades.flatMap((each) => [
      `<path d="M${toTenth(toX.at(each))} ${BOX.top}V${bottom}" stroke="#e5e7eb"/>`,
      text(toX.at(each), bottom + 18, short(each), ' text-anchor="middle"'),
    ]),
    ...toY.decades.flatMap((each) => [
      `<path d="M${BOX.left} ${toTenth(toY.at(each))}H${right}" stroke="#e5e7eb"/>`,
      text(BOX.left - 8, toY.at(each) + 4, short(each), ' text-anchor="end"'),
    ]),
  ];
  const lines = series.flatMap(({ name, hue, isDashed = false, points: own }, index) => {
    const colour = COLOURS[(hue ?? index) % COLOURS.length];
    const stroke = `fill="none" stroke="${colour}" stroke-width="2"${isDashed ? ' stroke-dasharray="6 4"' : ''}`;
    const path = own.map(([a, b], at) => `${at === 0 ? 'M' : 'L'}${toTenth(toX.at(a))} ${toTenth(toY.at(b))}`).join('');
    // A ring around a dot where a dashed line lies on another.
    const look = isDashed ? `r="5.5" fill="none" stroke="${colour}"` : `r="3.5" fill="${colour}"`;
    const dot = (at: number, of: number) => `<circle cx="${toTenth(at)}" cy="${toTenth(of)}" ${look}/>`;
    const row = BOX.top + 18 * index + 4;
    return [
      ...(own.length > 1 ? [`<path d="${path}" ${stroke}/>`] : []),
      ...own.map(([a, b]) => dot(toX.at(a), toY.at(b))),
      `<path d="M${right + 14} ${row}h28" ${stroke}/>`,
      dot(right + 28, row),
      text(right + 50, row + 4, name, ` fill="${colour}"`),
    ];
  });
  return svgOf({ width: WIDTH, height: HEIGHT, title, titleX: BOX.left }, [
    ...grid,
    ...lines,
    text((BOX.left + right) / 2, HEIGHT - 12, x, ' text-anchor="middle"'),
    text(14, HEIGHT / 2, y, ` text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})"`),
  ]);
}

/** From the decade below the least to the one above the most. */
function scale(values: readonly number[], from: number, to: number) {
  const logs = values.map(Math.log10);
  const [low, high] = [
    Math.floor(Math.min(...logs)),
    Math.max(Math.floor(Math.min(...logs)) + 1, Math.ceil(Math.max(...logs))),
  ];
  return {
    at: (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    decades: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

const short = (value: number) => (value >= 1 ? value.toLocaleString('en') : String(Number(value.toPrecision(1))));
