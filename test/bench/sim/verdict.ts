import { type PaceRow, WANTED } from './compare.ts';
import { BASE, NOW } from './paces.ts';

export const loadText = ({ workers, buildsPerDay }: Pick<PaceRow, 'workers' | 'buildsPerDay'>) =>
  `${workers.toLocaleString('en')}/${buildsPerDay.toLocaleString('en')}`;

const isLatencyMet = ({ latency }: PaceRow) => latency <= WANTED.latency;
const isCostMet = ({ cost }: PaceRow) => cost <= WANTED.cost;

const worstBy = (rows: readonly PaceRow[], figure: 'latency' | 'cost') =>
  rows.toSorted((a, b) => b[figure] - a[figure]).slice(0, 1);

/** What the present rule misses, with its worst load; empty: nothing. */
export function missedPaces(paces: readonly PaceRow[]): string[] {
  const now = paces.filter(({ pace }) => pace === NOW);
  const missed = (what: string, figure: 'latency' | 'cost', isMet: (row: PaceRow) => boolean) => {
    const failing = now.filter((row) => !isMet(row));
    return worstBy(failing, figure).map(
      (worst) =>
        `${what}: above ${WANTED[figure]} on ${failing.length} of ${now.length} loads, ${worst[figure]} on ${loadText(worst)}`,
    );
  };
  return [...missed('p50', 'latency', isLatencyMet), ...missed('polls', 'cost', isCostMet)];
}

const rangeOf = (values: readonly number[]) => `${Math.min(...values)} to ${Math.max(...values)}`;

/** Of the present rule over all loads. */
export function rangeText(paces: readonly PaceRow[]): string {
  const now = paces.filter(({ pace }) => pace === NOW);
  if (now.length === 0) return '';
  const worst = (figure: 'latency' | 'cost') => worstBy(now, figure).map(loadText).join();
  return `The rule as it is now: ${rangeOf(now.map(({ latency }) => latency))} times the p50 (the worst load is ${worst('latency')}), with
${rangeOf(now.map(({ cost }) => cost))} of the polls (the most on ${worst('cost')}).`;
}

/** Rules that keep both promises on every load they were tried on. */
export function rulesThatDo(rows: readonly PaceRow[]): string[] {
  const names = [...new Set(rows.map(({ pace }) => pace))].filter((pace) => pace !== BASE);
  return names.filter((name) =>
    rows.filter(({ pace }) => pace === name).every((row) => isLatencyMet(row) && isCostMet(row)),
  );
}
