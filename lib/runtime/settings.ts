/** A whole number that whoever runs a controller may choose. */
export interface Setting {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

const DAY = 86_400;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

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
  /** A worker whose builds end badly this often in a row gets none for that long, unless it registers again; 0 s: it does. */
  QUARANTINE_BUILDS: { default: 3, min: 1, max: 100 },
  QUARANTINE_SECONDS: { default: 3_600, min: 0, max: 7 * DAY },
  /** A build that fails within ten seconds says more about its machine (disk full, tools missing) than about itself. */
  QUARANTINE_INSTANT_SECONDS: { default: 10, min: 0, max: 3_600 },
  /** A virtual machine boots in minutes; the old controller's figure. */
  OTP_SECONDS: { default: 600, min: 30, max: DAY },
  /**
   * A repeated request within this time means the build of the first; later it is meant anew. An old command line sends for
   * the tenth time after 1 + 2 + … + 512 s of waiting and eleven times 30 s without an answer: 23 minutes.
   */
  SAME_REQUEST_SECONDS: { default: 1_500, min: 0, max: DAY },
  MAX_SOURCE_UPLOAD_BYTES: { default: 2 * GIB, min: 1, max: 5 * GIB },
  /** The most one PUT can carry to S3. */
  MAX_RESULT_UPLOAD_BYTES: { default: 5 * GIB, min: 1, max: 5 * GIB },
  /** Of an upload or a download. An hour at most: an address dies with the credentials of the function that signed it. */
  LINK_SECONDS: { default: 900, min: 60, max: 3_600 },
  /**
   * What is kept of a log. Both together fit one answer of a Lambda function (6 MB, of which base64 takes a quarter), so they
   * can only be made smaller; the newest part has to hold what is stored at once.
   */
  LOG_HEAD_BYTES: { default: 3 * MIB, min: 64 * 1024, max: 3 * MIB },
  LOG_TAIL_BYTES: { default: MIB, min: 256 * 1024, max: MIB },
  /** The longest line of escapes still fits what is stored together. */
  LOG_LINE_CHARACTERS: { default: 16_384, min: 256, max: 32_768 },
  /** 10 MB sent and 50 MB unpacked are the old controllers' limits. Bundles have three or four entries. */
  MAX_CERTS_BYTES: { default: 10 * MIB, min: 1_024, max: 50 * MIB },
  MAX_CERTS_UNPACKED_BYTES: { default: 50 * MIB, min: 1_024, max: 200 * MIB },
  MAX_CERTS_ENTRIES: { default: 200, min: 1, max: 10_000 },
  /**
   * What is known of a build, from its end; its log and events, from when they were written. So no fewer than a build can
   * take: a week of waiting and its attempts.
   */
  RECORD_DAYS: { default: 90, min: 30, max: 3_650 },
  /** A machine as it was last month says nothing about it now. */
  DIAGNOSTIC_DAYS: { default: 30, min: 1, max: 3_650 },
  /** As long as results are kept. */
  BUILD_TOKEN_DAYS: { default: 30, min: 1, max: 3_650 },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** Why a text is no value of the setting, or nothing. */
export function settingRefusal(text: string, { min, max }: Setting): string | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? undefined : `must be a whole number from ${min} to ${max}`;
}
