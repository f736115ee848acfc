import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { surroundings } from '../browser.ts';
import type { Level, LogModel } from './log-model.ts';
import { type Match, nextMatch, type Query } from './match.ts';
import { createSearch, type SearchState } from './search.ts';
import { openSearchPort } from './search-port.ts';

interface Options {
  readonly log: LogModel;
  readonly version: number;
  readonly shown: ReadonlySet<Level>;
  readonly topLine: Signal<number>;
  readonly goTo: (line: number) => void;
}

export interface LogSearching {
  readonly state: SearchState;
  /** Those in lines that are shown. */
  readonly matches: readonly Match[];
  readonly currentLine: number | undefined;
  readonly place: number;
  search(query: Query | undefined): void;
  step(isBackwards: boolean): void;
}

/** Searches the log as it grows; the first match from where one reads is gone to by itself. */
export function useSearch({ log, version, shown, topLine, goTo }: Options): LogSearching {
  const changes = useSignal(0);
  const currentLine = useSignal<number | undefined>(undefined);
  /** From which line on the first match is to be gone to. */
  const wantedFrom = useRef<number | undefined>(undefined);
  const search = useMemo(
    () =>
      createSearch({ openPort: openSearchPort, after: surroundings.after }, log.lines, () => {
        changes.value += 1;
      }),
    [log],
  );
  useEffect(() => () => search.end(), [search]);
  useEffect(() => search.extend(), [search, version]);
  const { state } = search;
  const found = changes.value;
  const matches = useMemo(() => {
    const isShown = ({ line }: Match) => shown.has(log.lines[line]?.level ?? 'info');
    return state.matches.filter(isShown);
  }, [found, search, shown]);

  const goToMatch = (match: Match | undefined) => {
    if (!match) return;
    currentLine.value = match.line;
    goTo(match.line);
  };
  useEffect(() => {
    const from = wantedFrom.current;
    if (from === undefined) return;
    const first = matches.find(({ line }) => line >= from);
    if (!first && state.isRunning) return;
    wantedFrom.current = undefined;
    goToMatch(first ?? matches[0]);
  }, [matches, state.isRunning]);

  const line = currentLine.value;
  return {
    state,
    matches,
    currentLine: line,
    place: line === undefined ? 0 : matches.findIndex((match) => match.line === line) + 1,
    search: (query) => {
      wantedFrom.current = query && (currentLine.peek() ?? topLine.peek());
      currentLine.value = undefined;
      search.start(query);
    },
    step: (isBackwards) => {
      const from = currentLine.peek() ?? topLine.peek() - (isBackwards ? 0 : 1);
      goToMatch(matches[nextMatch(matches, from, isBackwards)]);
    },
  };
}
