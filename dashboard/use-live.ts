import { useEffect, useMemo } from 'preact/hooks';
import type { Answer } from './answer.ts';
import type { Live } from './live.ts';
import type { Page } from './page.ts';

/** `page.live` for as long as the component is shown, anew whenever one of `inputs` changes. */
export function useLive<T>(
  page: Page,
  ask: (signal: AbortSignal) => Promise<Answer<T>>,
  paceMs: (value: T) => number | undefined,
  inputs: readonly unknown[] = [],
): Live<T> {
  const current = useMemo(() => page.live(ask, { paceMs }), [page, ...inputs]);
  useEffect(() => () => current.stop(), [current]);
  return current;
}
