import { markdownTable } from '../report/section.ts';
import type { Lost } from './lose-workers.ts';

export function lostSection({ seed, deaths, leaseSeconds, beatSeconds, sweepSeconds, p50, p99, worst }: Lost): string {
  return `The use cases on a clock of their own (seed ${seed}): ${deaths.toLocaleString('en')} workers die at any moment from their first heartbeat on, the sweep being at any point of its
${sweepSeconds} s. A lease lasts ${leaseSeconds} s, a beat comes each ${beatSeconds} s. Seconds from a worker's death to the moment in which another was given its build:

${markdownTable(['deaths', 'p50', 'p99', 'worst'], [[deaths.toLocaleString('en'), p50, p99, worst]])}`;
}
