interface Head {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Where the title begins, and on which line it stands. */
  readonly titleX: number;
  readonly titleY?: number;
  readonly font?: string;
  readonly fontSize?: number;
}

/** A picture on white under its title; what is in it, a line each. */
export function svgOf(head: Head, parts: readonly string[]): string {
  const { width, height, title, titleX, titleY = 22, font = 'sans-serif', fontSize = 12 } = head;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}" font-size="${fontSize}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${titleX}" y="${titleY}" font-size="15">${escaped(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** To a tenth of a pixel. */
export const toTenth = (pixels: number): number => Number(pixels.toFixed(1));

export const escaped = (words: string): string =>
  words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
