import type { Frame } from './cpu-profile.ts';
import { escaped, svgOf, toTenth } from './svg.ts';

const WIDTH = 1200;
const ROW = 17;
const TOP = 60;
const MARGIN = 10;
/** Narrower than this, nobody sees it. */
const LEAST_WIDTH = 0.6;
/** A letter of the font is about so wide. */
const LETTER = 6.6;

const COLOURS = {
  ours: '#fdba74',
  sdk: '#93c5fd',
  packages: '#86efac',
  node: '#e5e7eb',
  waste: '#fca5a5',
} as const;

const colourOf = (owner: string) => {
  if (/^(lib|functions)/.test(owner)) return COLOURS.ours;
  if (owner === 'the SDK') return COLOURS.sdk;
  if (owner === 'garbage collection') return COLOURS.waste;
  return owner === 'node' || owner === 'the bench' ? COLOURS.node : COLOURS.packages;
};

const LEGEND = [
  ['ours', COLOURS.ours],
  ["AWS's SDK", COLOURS.sdk],
  ['other packages', COLOURS.packages],
  ['Node', COLOURS.node],
  ['garbage collection', COLOURS.waste],
] as const;

/** Each function as wide as the time in it and in what it calls; who calls whom goes downwards. Its text is text. */
export function flameGraphSvg(title: string, tree: Frame): string {
  const boxes: string[] = [];
  const scale = (WIDTH - 2 * MARGIN) / tree.total;
  const depth = draw(tree, MARGIN, 0);
  const height = TOP + (depth + 1) * ROW + MARGIN;
  const head = { width: WIDTH, height, title, titleX: MARGIN, titleY: 20, font: 'monospace', fontSize: 11 };
  return svgOf(head, [
    ...LEGEND.map(
      ([words, colour], index) =>
        `<rect x="${MARGIN + index * 170}" y="32" width="12" height="12" fill="${colour}"/><text x="${MARGIN + 18 + index * 170}" y="42">${escaped(words)}</text>`,
    ),
    ...boxes,
  ]);

  function draw(frame: Frame, x: number, level: number): number {
    const width = frame.total * scale;
    const y = TOP + level * ROW;
    const share = `${((100 * frame.total) / tree.total).toFixed(1)} %`;
    const words = fitted(frame.name, width);
    boxes.push(
      `<g><title>${escaped(`${frame.name} (${frame.owner}): ${share}`)}</title><rect x="${toTenth(x)}" y="${y}" width="${toTenth(width)}" height="${ROW - 1}" fill="${colourOf(frame.owner)}" stroke="white" stroke-width="0.5"/>${words && `<text x="${toTenth(x + 3)}" y="${y + 12}">${escaped(words)}</text>`}</g>`,
    );
    let at = x;
    let deepest = level;
    for (const child of frame.children) {
      const childWidth = child.total * scale;
      if (childWidth >= LEAST_WIDTH) deepest = Math.max(deepest, draw(child, at, level + 1));
      at += childWidth;
    }
    return deepest;
  }
}

function fitted(name: string, width: number): string {
  const letters = Math.floor((width - 6) / LETTER);
  if (letters < 3) return '';
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
}
