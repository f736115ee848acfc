/** A whole number that whoever runs a controller may choose. */
export interface Setting {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

const DAY = 86_400;

/**
 * What the functions can be told, on one machine by the environment and on AWS by a stage's params of the same names. The
 * README has each with its default. Nothing is imported here: `infra/` reads it too.
 */
export const SETTINGS = {
  /** 30 min: a virtual machine may need it to boot, and some workers never send a heartbeat. */
  FIRST_LEASE_SECONDS: { default: 1_800, min: 1, max: DAY },
  /**
   * Two missed 30 s heartbeats and 25 s more. With 90 s, half of the killed workers' builds could be granted again only
   * after 105 s (lease − half a beat + half a sweep), which is what we promise to stay below.
   */
  LEASE_SECONDS: { default: 85, min: 1, max: DAY },
  /** A day: longer, and whoever waits has given up. */
  MAX_QUEUE_SECONDS: { default: DAY, min: 1, max: 7 * DAY },
  /** The old workers give up after 2 hours themselves; the third is for their upload and for machines that sleep. */
  MAX_BUILD_SECONDS: { default: 10_800, min: 1, max: DAY },
  /** What a point of a build's priority is worth in waiting. */
  PRIORITY_AGING_SECONDS: { default: 600, min: 1, max: DAY },
  MAX_ATTEMPTS: { default: 3, min: 1, max: 20 },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** Why a text is no value of the setting, or nothing. */
export function settingRefusal(text: string, { min, max }: Setting): string | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? undefined : `must be a whole number from ${min} to ${max}`;
}
