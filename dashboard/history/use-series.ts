import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../answer.ts';
import type { Page } from '../page.ts';
import type { ListQuery } from './filters.ts';
import { type Gathered, gather, type ListedBuild } from './gather.ts';

/** So many builds are read for the plots at first, and with each wish for more. */
export const BATCH = 1_000;
/** Ten are enough where nothing is filtered; where much is, the answer says how far it came. */
const MOST_CALLS = 20;

export interface Series {
  readonly builds: readonly ListedBuild[];
  /** There are older ones that were not read. */
  readonly isCut: boolean;
  readonly isLoading: boolean;
  readonly problem: Problem | undefined;
  loadMore(): void;
  /** After a problem: reads what is missing. */
  again(): void;
}

const NONE: Gathered = { builds: [], next: undefined };

/**
 * Reads builds for the plots, the newest first; once, as what they show is the past. What is held is of these filters: for others
 * the component is another (`key`).
 */
export function useSeries(page: Page, filters: ListQuery): Series {
  const [known, setKnown] = useState(NONE);
  /** Where the reading goes on; a new object each time somebody wants it to. */
  const [wish, setWish] = useState<{ readonly from: Gathered }>({ from: NONE });
  const [isLoading, setLoading] = useState(true);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  useEffect(() => {
    const giveUp = new AbortController();
    const { from } = wish;
    const show = ({ builds, next }: Gathered) => {
      if (!giveUp.signal.aborted) setKnown({ builds: [...from.builds, ...builds], next });
    };
    const load = async () => {
      setLoading(true);
      const limits = { atMost: BATCH, mostCalls: MOST_CALLS, cursor: from.next };
      const answer = await gather(page.api, filters, { ...limits, signal: giveUp.signal, onPart: show });
      if (giveUp.signal.aborted) return;
      setProblem(answer.ok ? undefined : answer.problem);
      setLoading(false);
    };
    load().catch(reportError);
    return () => giveUp.abort();
  }, [page, filters, wish]);
  return {
    builds: known.builds,
    isCut: known.next !== undefined,
    isLoading,
    problem,
    loadMore: () => setWish({ from: known }),
    again: () => setWish({ ...wish }),
  };
}
