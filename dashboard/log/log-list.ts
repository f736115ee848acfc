import type { Signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { LogModel } from './log-model.ts';
import { LogRow } from './log-row.ts';
import { findMatch, type Match } from './match.ts';
import { isAtEnd, ROW_HEIGHT, rowsInPage, type Seen, topShowing } from './window.ts';

export interface Range {
  readonly from: number;
  readonly to: number;
}

interface Props {
  readonly log: LogModel;
  /** Another number: the log has other rows. */
  readonly version: number;
  readonly isLive: boolean;
  /** Whether the last line is kept in sight. Scrolling up ends it, scrolling to the end begins it again. */
  readonly follow: Signal<boolean>;
  /** The row to show; a new object each time somebody wants to go there. */
  readonly target: Signal<{ readonly row: number } | undefined>;
  /** The line at the top of what is seen. */
  readonly topLine: Signal<number>;
  readonly matches: readonly Match[];
  readonly currentLine: number | undefined;
  readonly picked: Range | undefined;
  readonly onPick: (line: number, isExtending: boolean) => void;
}

const seenOf = ({ scrollTop: top, clientHeight: height }: HTMLElement): Seen => ({ top, height });

/** The rows of a log that are in sight, in an area as high as all of them, so that the scrollbar is true. */
export function LogList(props: Props) {
  const { log, version, isLive, follow, target, topLine } = props;
  const box = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const [{ first, end }, setRows] = useState({ first: 0, end: 0 });

  function look(): void {
    const element = box.current;
    if (!element) return;
    const next = rowsInPage(seenOf(element), log.rowCount);
    setRows((rows) => (rows.first === next.first && rows.end === next.end ? rows : next));
    const row = log.row(Math.ceil(element.scrollTop / ROW_HEIGHT));
    if (row?.kind === 'line') topLine.value = row.index;
  }

  function goTo(top: number): void {
    const element = box.current;
    if (!element) return;
    element.scrollTop = top;
    // As the browser took it: what follows from it is no wish of the reader's.
    lastTop.current = element.scrollTop;
    look();
  }

  function onScroll(): void {
    const element = box.current;
    if (!element) return;
    const seen = seenOf(element);
    // At the end after a way up: the area has become higher or the rows fewer, and nobody has scrolled.
    if (!isAtEnd(seen, log.rowCount)) follow.value &&= seen.top >= lastTop.current;
    else if (seen.top > lastTop.current) follow.value = true;
    lastTop.current = seen.top;
    look();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const element = box.current;
    if (!element || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = element.clientHeight - 2 * ROW_HEIGHT;
    const tops: Record<string, number> = {
      Home: 0,
      PageUp: element.scrollTop - page,
      PageDown: element.scrollTop + page,
    };
    const top = event.key === 'End' ? log.rowCount * ROW_HEIGHT : tops[event.key];
    if (top === undefined) return;
    event.preventDefault();
    element.scrollTop = top;
  }

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => goTo(follow.value ? element.scrollHeight : element.scrollTop));
    observer.observe(element);
    return () => observer.disconnect();
  }, [log]);
  const following = follow.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (element) goTo(following ? element.scrollHeight : element.scrollTop);
  }, [version, following]);
  const wanted = target.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (!wanted || !element) return;
    follow.value = false;
    goTo(topShowing(wanted.row, seenOf(element)));
  }, [wanted]);

  return html`
    <div
      class="log-list"
      ref=${box}
      role="log"
      aria-label="The log’s lines"
      aria-live=${following && isLive ? 'polite' : 'off'}
      tabindex="0"
      style=${{ '--rows': log.rowCount }}
      onScroll=${onScroll}
      onKeyDown=${onKeyDown}
    >
      <div class="log-space" style=${{ height: `${log.rowCount * ROW_HEIGHT}px` }}>
        <div class="log-rows" style=${{ transform: `translateY(${first * ROW_HEIGHT}px)` }}>${rowsOf(props, first, end)}</div>
      </div>
    </div>
  `;
}

function rowsOf({ log, matches, currentLine, picked, onPick }: Props, first: number, end: number) {
  return Array.from({ length: Math.max(0, end - first) }, (_, offset) => {
    const row = log.row(first + offset);
    if (!row) return null;
    const line = row.kind === 'line' ? row.index : -1;
    return html`<${LogRow}
      key=${row.kind === 'line' ? line : `attempt ${row.boundary.attempt}`}
      row=${row}
      match=${findMatch(matches, line)}
      isCurrent=${line === currentLine}
      isPicked=${picked !== undefined && line >= picked.from && line <= picked.to}
      onPick=${onPick}
    />`;
  });
}
