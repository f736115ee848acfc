import { SETTINGS, type Setting } from '../lib/runtime/settings.ts';

/** How long S3 keeps what: its lifecycle rules, and on one machine what goes by them. */
export const KEPT_DAYS = {
  /** For retries. Longer than a build can wait and be built, all its attempts included; so are those of the next two. */
  SOURCE_DAYS: { default: 14, min: 1, max: 3_650 },
  /** Until somebody has fetched it. */
  RESULT_DAYS: { default: 30, min: 1, max: 3_650 },
  /** Signing material is deleted at the end of its build; this is for what that missed. */
  CERTS_DAYS: { default: 7, min: 1, max: 3_650 },
  /** Parts that nobody joined. */
  UNFINISHED_UPLOAD_DAYS: { default: 1, min: 1, max: 30 },
} as const satisfies Readonly<Record<string, Setting>>;

/** How much an HTTP API lets through in a second, whoever asks. A new account has 10,000 for everything in it. */
const ROUTE_RATES = {
  /** For every route without a rate of its own: polls of 10,000 workers that ask each 30 s, and half as much again. */
  ROUTE_RATE: { default: 500, min: 1, max: 100_000 },
  ROUTE_BURST: { default: 1_000, min: 1, max: 100_000 },
  /**
   * Heartbeats have a class of their own, so that a flood of anything else (polls of a broken worker, somebody's loop over
   * the status) cannot cost a worker its lease: three times what 10,000 workers send at a beat each 30 s.
   */
  HEARTBEAT_RATE: { default: 1_000, min: 1, max: 100_000 },
  HEARTBEAT_BURST: { default: 2_000, min: 1, max: 100_000 },
} as const satisfies Readonly<Record<string, Setting>>;

export type KeptDays = Readonly<Record<keyof typeof KEPT_DAYS, number>>;

/** Every number that a stage may choose for itself. */
export const STAGE_SETTINGS = { ...SETTINGS, ...KEPT_DAYS, ...ROUTE_RATES } as const;
export type StageSettingName = keyof typeof STAGE_SETTINGS;

export const STAGE_SETTING_DEFAULTS = Object.fromEntries(
  Object.entries(STAGE_SETTINGS).map(([name, setting]) => [name, setting.default]),
) as Readonly<Record<StageSettingName, number>>;
