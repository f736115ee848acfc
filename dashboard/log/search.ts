import { plainText } from './ansi.ts';
import type { LogLine } from './log-model.ts';
import type { Match, Query } from './match.ts';

export interface SearchRequest {
  readonly query: Query;
  readonly first: number;
  readonly texts: readonly string[];
}

/** `failed`: it could not be loaded, or broke. `error`: the expression is none. */
export type SearchAnswer = 'ready' | 'failed' | { readonly error: string } | readonly Match[];

/** What searches elsewhere than in the page's own thread. It answers each request once, in turn, after it said `ready`. */
export interface SearchPort {
  post(request: SearchRequest): void;
  end(): void;
}

export interface SearchDeps {
  openPort(onAnswer: (answer: SearchAnswer) => void): SearchPort;
  /** Returns what takes it back. */
  after(ms: number, run: () => void): () => void;
}

export interface SearchState {
  readonly query: Query | undefined;
  readonly matches: readonly Match[];
  readonly searched: number;
  readonly isRunning: boolean;
  /** There are more matches than are kept. */
  readonly isCut: boolean;
  readonly error?: string;
}

export interface Search {
  readonly state: SearchState;
  /** Undefined ends the search. */
  start(query: Query | undefined): void;
  /** Lines were added. */
  extend(): void;
  end(): void;
}

/** About 100 KB of a usual log: copied to the worker in a millisecond. */
const CHUNK_LINES = 1_000;
/** An ordinary expression takes some milliseconds for it; so much time is taken by one that will never end. */
const CHUNK_MS = 3_000;
const MAX_MATCHES = 10_000;

const NOTHING: SearchState = { query: undefined, matches: [], searched: 0, isRunning: false, isCut: false };

/** Searches a log that may be long, and may still grow, piece by piece. */
export function createSearch(deps: SearchDeps, lines: readonly LogLine[], onChange: () => void): Search {
  let state = NOTHING;
  let port: SearchPort | undefined;
  let isReady = false;
  let asked: Query | undefined;
  let stopClock = () => {};

  const change = (changes: Partial<SearchState>) => {
    state = { ...state, ...changes };
    onChange();
  };
  const endPort = () => {
    stopClock();
    port?.end();
    port = undefined;
    isReady = false;
    asked = undefined;
  };

  const next = () => {
    const { query, searched, isCut } = state;
    if (!query || isCut || searched >= lines.length || state.error !== undefined) return change({ isRunning: false });
    if (!state.isRunning) change({ isRunning: true });
    if (!port) {
      const opened = deps.openPort((answer) => {
        if (port === opened) receive(answer);
      });
      port = opened;
    }
    if (!isReady || asked) return;
    asked = query;
    const texts = lines.slice(searched, searched + CHUNK_LINES).map(({ message }) => plainText(message));
    stopClock = deps.after(CHUNK_MS, () => fail('This expression takes too long: make it simpler'));
    port.post({ query, first: searched, texts });
  };

  const fail = (error: string) => {
    endPort();
    change({ error, isRunning: false });
  };

  const receive = (answer: SearchAnswer) => {
    if (answer === 'failed') return fail('The search could not be started: load the page again');
    if (answer === 'ready') {
      isReady = true;
      return next();
    }
    stopClock();
    const isWanted = asked === state.query;
    asked = undefined;
    if (isWanted && 'error' in answer) change({ error: answer.error });
    else if (isWanted && !('error' in answer)) {
      const matches = [...state.matches, ...answer].slice(0, MAX_MATCHES);
      const searched = Math.min(lines.length, state.searched + CHUNK_LINES);
      change({ matches, searched, isCut: state.matches.length + answer.length > MAX_MATCHES });
    }
    next();
  };

  return {
    get state() {
      return state;
    },
    start(query) {
      state = { ...NOTHING, query };
      next();
    },
    extend() {
      if (!state.isRunning) next();
    },
    end: endPort,
  };
}
