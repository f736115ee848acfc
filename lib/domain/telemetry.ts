export const TELEMETRY_TYPES = ['monitor_started', 'heartbeat', 'cpu_snapshot'] as const;
export type TelemetryType = (typeof TELEMETRY_TYPES)[number];

export const STAGES = [
  'initializing',
  'running',
  'building',
  'compiling',
  'linking',
  'archiving',
  'exporting',
] as const;
export type Stage = (typeof STAGES)[number];

/** 1000 % are ten cores; what is beyond is a fault of the measuring, and dropped. */
export const MAX_CPU_PERCENT = 1_000;
export const MAX_MEMORY_MB = 1_000_000;

/** What a machine was seen doing at one moment. */
export interface Sample {
  readonly at: number;
  readonly cpuPercent: number;
  readonly memoryMb?: number;
  readonly stage?: Stage;
}

/** Who names the worker that holds the build, and shows nothing: whoever knows both ids can. */
export interface NamedClaim {
  readonly namedWorkerId: string;
}

/** The old monitor posts a snapshot every 5 s, twelve a minute: each written down would be the largest part of a build's bill. */
const SLOT_MS = 5_000;
const SLOTS = 6;

/**
 * Whether a post is looked at. All but the snapshots are; of those, the ones in the build's own slot, one in six, by the
 * server's clock, so that nobody need remember which was the last. The others are answered and forgotten.
 */
export function isLookedAt(type: TelemetryType, buildId: string, now: number): boolean {
  return type !== 'cpu_snapshot' || Math.floor(now / SLOT_MS) % SLOTS === slotOf(buildId);
}

/** Builds do not all write in the same five seconds. */
function slotOf(buildId: string): number {
  return [...buildId].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % SLOTS;
}

/** One sample a minute is kept for people to look at; all that are looked at count in the average. */
const KEPT_EVERY_MS = 60_000;
export const minuteOf = ({ at }: Pick<Sample, 'at'>) => Math.floor(at / KEPT_EVERY_MS);
