import { amount } from '../amount.ts';
import type { CommandContext } from './context.ts';

/** Called with how far it is, as often as there is something new. */
export type ShowProgress = (doneBytes: number, allBytes: number) => void;

/** A terminal is written to ten times a second at most. */
const REPAINT_MS = 100;
/** A log of a pipeline is told now and then, and of nothing that takes less. */
const LINE_MS = 10_000;
const BAR_WIDTH = 20;

/** A bar on a terminal, a line now and then elsewhere, nothing for who wants JSON. `doing`: “Uploading”. */
export function transferProgress({ screen, io, isJson }: CommandContext, doing: string): ShowProgress {
  const isLive = screen.canRepaint;
  if (isJson && !isLive) return () => {};
  const startedAt = io.clock.now();
  let shownAt = isLive ? Number.NEGATIVE_INFINITY : startedAt;
  let base: number | undefined;
  return (doneBytes, allBytes) => {
    const now = io.clock.now();
    // What had arrived before a break was not sent now: it would make the rate too good.
    base ??= doneBytes;
    if (now - shownAt < (isLive ? REPAINT_MS : LINE_MS)) return;
    shownAt = now;
    const text = progressText(doneBytes, allBytes, { bytes: doneBytes - base, ms: now - startedAt });
    if (isLive) screen.progress(`${doing} ${bar(doneBytes, allBytes)} ${text}`);
    else screen.note(`${doing} ${text}`);
  };
}

interface Moved {
  readonly bytes: number;
  readonly ms: number;
}

/** Over less than a second a rate says nothing. */
const RATE_AFTER_MS = 1_000;

function progressText(done: number, all: number, moved: Moved): string {
  const percent = `${Math.floor(100 * share(done, all))} %`.padStart(5);
  const text = `${percent}  ${amount(done)} of ${amount(all)}`;
  if (moved.ms < RATE_AFTER_MS || moved.bytes <= 0) return text;
  const perSecond = (moved.bytes / moved.ms) * 1000;
  const left = durationText(((all - done) / perSecond) * 1000);
  return `${text}, ${amount(perSecond)}/s${done < all ? `, ${left} left` : ''}`;
}

function bar(done: number, all: number): string {
  const filled = Math.round(BAR_WIDTH * share(done, all));
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}]`;
}

/** A file that grows while it is packed is refused in the end; until then it is no more than whole. */
const share = (done: number, all: number) => (all === 0 ? 1 : Math.min(1, done / all));

/** `0:07`, `12:30`, `1:02:03`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
