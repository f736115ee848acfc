import type { Sample } from '../domain/telemetry.ts';

/** What machines were seen doing, one sample for each minute of a build. */
export interface MetricsStore {
  /** Written twice, it is there once. */
  put(buildId: string, sample: Sample): Promise<void>;
  /** Oldest first. */
  read(buildId: string): Promise<Sample[]>;
}
