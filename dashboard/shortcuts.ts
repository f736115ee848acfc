import { hrefOf, type Route } from './route.ts';

/** What a row of keys does. `g` waits for the letter of a view. */
export type Shortcut = { readonly kind: 'go'; readonly href: string } | { readonly kind: 'help' };

const VIEWS: Readonly<Record<string, readonly [title: string, route: Exclude<Route, { view: 'nowhere' }>]>> = {
  n: ['Now', { view: 'now' }],
  b: ['Builds', { view: 'history', query: {} }],
  w: ['Workers', { view: 'workers' }],
  q: ['Queues', { view: 'queues' }],
  s: ['Settings', { view: 'settings' }],
};

/** For the help: what to press, and what it does. */
export const SHORTCUTS: readonly (readonly [keys: readonly string[], does: string])[] = [
  ...Object.entries(VIEWS).map(([key, [title]]) => [['g', key], title] as const),
  [['?'], 'These shortcuts'],
  [['Esc'], 'Close what has opened'],
];

/** How long `g` waits for its letter. */
const TOGETHER_MS = 1_500;

interface Pressed {
  readonly key: string;
  readonly at: number;
  /** Something else is meant: a field is typed in, or a modifier is held. */
  readonly isElsewhere: boolean;
}

/** Reads one key after another. Whatever is typed into a field is no shortcut. */
export function createShortcuts(): (pressed: Pressed) => Shortcut | undefined {
  let begunAt = Number.NEGATIVE_INFINITY;
  return ({ key, at, isElsewhere }) => {
    const isSecond = at - begunAt <= TOGETHER_MS;
    begunAt = Number.NEGATIVE_INFINITY;
    if (isElsewhere) return undefined;
    if (key === '?') return { kind: 'help' };
    const view = isSecond && Object.hasOwn(VIEWS, key) ? VIEWS[key] : undefined;
    if (view) return { kind: 'go', href: hrefOf(view[1]) };
    if (key === 'g') begunAt = at;
    return undefined;
  };
}
