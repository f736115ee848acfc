/** Pixels; the style sheet says the same of `.log-row`. */
export const ROW_HEIGHT = 20;
/** Rows above and below what is seen, so that a turn of the wheel shows text at once. */
const OVERSCAN = 24;
/**
 * Elements end at about 17.8 million pixels in Firefox and 33.5 in Chromium: half a million rows of 20 are within both.
 * The controller keeps 4 MiB of a log, which are 75,000 of the shortest lines.
 */
export const MAX_ROWS = 500_000;

export interface Seen {
  /** Of the scrolled area, in pixels. */
  readonly top: number;
  readonly height: number;
}

/** The rows to be in the page: `first` to `end`, the end not included. */
export function rowsInPage({ top, height }: Seen, rowCount: number): { first: number; end: number } {
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - OVERSCAN);
  const end = Math.min(rowCount, Math.ceil((top + height) / ROW_HEIGHT) + OVERSCAN);
  return { first: Math.min(first, end), end };
}

/** Scrolled to the last row, with the rounding that zoomed pages have. */
export function isAtEnd({ top, height }: Seen, rowCount: number): boolean {
  return top + height >= rowCount * ROW_HEIGHT - ROW_HEIGHT / 2;
}

/** Where to scroll so that a row is seen: in the middle, or nowhere when it is seen already. */
export function topShowing(row: number, { top, height }: Seen): number {
  const rowTop = row * ROW_HEIGHT;
  if (rowTop >= top && rowTop + ROW_HEIGHT <= top + height) return top;
  return Math.max(0, rowTop - (height - ROW_HEIGHT) / 2);
}
