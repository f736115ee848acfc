import type { Plot } from './plot.ts';
import { escaped, svgOf, toTenth } from './svg.ts';

const [WIDTH, HEIGHT] = [720, 300];
const BOX = { left: 70, right: 130, top: 40, bottom: 50 } as const;
const COLOURS = ['#2563eb', '#dc2626', '#059669'];
const STEPS = 4;

/** Lines over two linear axes, the upright one from 0: whether something stays as it was can be seen. */
export function linesSvg({ title, x, y, series }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const [fromX, toX] = [Math.min(...points.map(([at]) => at)), Math.max(...points.map(([at]) => at))];
  const top = niceAbove(Math.max(...points.map(([, at]) => at)));
  const [right, bottom] = [WIDTH - BOX.right, HEIGHT - BOX.bottom];
  const atX = (value: number) => toTenth(BOX.left + ((value - fromX) / (toX - fromX || 1)) * (right - BOX.left));
  const atY = (value: number) => toTenth(bottom - (value / top) * (bottom - BOX.top));
  const grid = Array.from({ length: STEPS + 1 }, (_, step) => (top * step) / STEPS).flatMap((value) => [
    `<path d="M${BOX.left} ${atY(value)}H${right}" stroke="#e5e7eb"/>`,
    `<text x="${BOX.left - 8}" y="${atY(value) + 4}" text-anchor="end">${value.toLocaleString('en')}</text>`,
  ]);
  const marks = [...new Set(points.map(([at]) => at))].map(
    (at) => `<text x="${atX(at)}" y="${bottom + 18}" text-anchor="middle">${at.toLocaleString('en')}</text>`,
  );
  const lines = series.flatMap(({ name, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const path = own.map(([a, b], at) => `${at === 0 ? 'M' : 'L'}${atX(a)} ${atY(b)}`).join('');
    return [
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...own.map(([a, b]) => `<circle cx="${atX(a)}" cy="${atY(b)}" r="3" fill="${colour}"/>`),
      `<text x="${right + 14}" y="${BOX.top + 16 * index + 8}" fill="${colour}">${escaped(name)}</text>`,
    ];
  });
  return svgOf({ width: WIDTH, height: HEIGHT, title, titleX: BOX.left }, [
    ...grid,
    ...marks,
    ...lines,
    `<text x="${(BOX.left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>`,
    `<text x="14" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})">${escaped(y)}</text>`,
  ]);
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((each) => each * power >= value) ?? 10);
}
