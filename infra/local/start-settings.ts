import { KEPT_DAYS, type KeptDays } from '../stage-settings.ts';
import type { Endpoints } from './aws-clients.ts';
import { FORM_SIZES, type FormSizes } from './large-forms.ts';
import { httpUrl } from './listen.ts';
import { RATE_LIMITS, type RateLimits } from './rate-limit.ts';

export interface StartSettings {
  readonly port: number;
  readonly host: string;
  /** Absent: the address it listens on. */
  readonly publicUrl?: string;
  readonly dataDir: string;
  readonly scheduleSeconds?: number;
  readonly formSizes: Partial<FormSizes>;
  readonly keptDays: Partial<KeptDays>;
  readonly maxHeaderBytes?: number;
  readonly rateLimits: RateLimits;
  readonly trustsProxy: boolean;
  readonly endpoints: Partial<Endpoints>;
}

export class BadSetting extends Error {
  override name = 'BadSetting';
}

export const HELP = `Runs the Buildlatch controller on this machine, with its database, queues and file store embedded.

Usage: npm start

Settings, all from the environment:
  CONTROLLER_API_KEY       required: at least 32 characters of A-Z a-z 0-9 _ -
  CERTS_KEY                what signing material is encrypted under: 32 bytes, base64url
                           (a file in DATA_DIR, made at the first start)
  PORT                     port to listen on; 0 takes a free one (3000)
  HOST                     address to listen on (127.0.0.1)
  PUBLIC_URL               where clients and workers reach it (http://HOST:PORT)
  DATA_DIR                 where everything is kept (.buildlatch)
  FIRST_LEASE_SECONDS      how long a worker may take until its first heartbeat (1800)
  LEASE_SECONDS            how long a worker may be silent after that (85)
  MAX_QUEUE_SECONDS        how long a build waits for a worker before it fails (86400)
  MAX_BUILD_SECONDS        how long one attempt may take before the build fails (10800)
  MAX_ATTEMPTS             how often a build is given out before it fails (3)
  PRIORITY_AGING_SECONDS   how long a wait a point of a build's priority is worth (600)
  QUARANTINE_BUILDS        bad ends in a row, after which a worker gets no builds (3)
  QUARANTINE_SECONDS       for so long, or until it registers again (3600)
  QUARANTINE_INSTANT_SECONDS
                           a failure as quick as this is a bad end (10)
  OTP_SECONDS              how long a virtual machine's one-time password is good (600)
  SAME_REQUEST_SECONDS     how long the same bytes again are the same build (1500)
  MAX_SOURCE_UPLOAD_BYTES  largest source by upload (2147483648)
  MAX_RESULT_UPLOAD_BYTES  largest result by upload (5368709120)
  LINK_SECONDS             how long the address of an upload or a download is good (900)
  LOG_HEAD_BYTES           what is kept of the beginning of a log (3145728)
  LOG_TAIL_BYTES           and of its newest lines (1048576)
  LOG_LINE_CHARACTERS      and of one line (16384)
  MAX_CERTS_UNPACKED_BYTES what a ZIP of signing material may hold (52428800)
  MAX_CERTS_ENTRIES        and how many entries (200)
  MAX_HEADER_BYTES         largest request line and headers (16384)
  MAX_SOURCE_BYTES         largest source in a multipart/form-data request (524288000)
  MAX_CERTS_BYTES          largest signing material of a submit, as sent (10485760)
  MAX_RESULT_BYTES         largest result in one (1073741824)
  SOURCE_DAYS              how long sources are kept, for retries (14)
  RESULT_DAYS              how long results are kept (30)
  CERTS_DAYS               how long signing material is kept that the end of its build has missed (7)
  UNFINISHED_UPLOAD_DAYS   how long parts are kept that nobody joined (1)
  RECORD_DAYS              how long what is known of a build is kept after its end (90)
  DIAGNOSTIC_DAYS          how long a worker's diagnostics are kept (30)
  BUILD_TOKEN_DAYS         how long a build's own token is good after its end (30)
  RATE_LIMIT_PER_KEY       requests a minute with one key or token; 0: any number (12000)
  RATE_LIMIT_PER_ADDRESS   requests a minute from one address; 0: any number (12000)
  RATE_LIMIT_FAILED_AUTH   refused credentials a minute from one address; 0: any number (60)
  TRUST_PROXY              1: the address is the last in X-Forwarded-For, which your proxy
                           adds (0: whoever connects)
  SCHEDULE_SECONDS         how often lost workers are looked for (60)
  DYNAMODB_ENDPOINT        use this DynamoDB instead of the embedded one
  SQS_ENDPOINT             use this SQS instead of the embedded one
  S3_ENDPOINT              use this S3 instead of the embedded one
  S3_PUBLIC_ENDPOINT       where clients reach that S3 (S3_ENDPOINT)
  AWS_ENDPOINT_URL         all three at once, e.g. LocalStack: http://127.0.0.1:4566
  AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                           for the engines that are not embedded
`;

const MAX_PORT = 65_535;
const MAX_PER_MINUTE = 1_000_000;
/** What one object of S3 may have by a single PUT. */
const MAX_FORM_BYTES = 5 * 1024 ** 3;

export function readStartSettings(env: NodeJS.ProcessEnv): StartSettings {
  const port = readInteger(env, 'PORT', 0, MAX_PORT) ?? 3000;
  const host = env['HOST'] || '127.0.0.1';
  const publicUrl = readPublicUrl(env['PUBLIC_URL']);
  // A presigned address and the headers of an honest client take some 2 KiB; Node holds a request's in memory.
  const maxHeaderBytes = readInteger(env, 'MAX_HEADER_BYTES', 8_192, 65_536);
  const scheduleSeconds = readInteger(env, 'SCHEDULE_SECONDS', 1, 86_400);
  return {
    port,
    host,
    ...(publicUrl !== undefined && { publicUrl }),
    dataDir: env['DATA_DIR'] || '.buildlatch',
    ...(scheduleSeconds !== undefined && { scheduleSeconds }),
    formSizes: readFormSizes(env),
    keptDays: readKeptDays(env),
    ...(maxHeaderBytes !== undefined && { maxHeaderBytes }),
    rateLimits: readRateLimits(env),
    trustsProxy: readInteger(env, 'TRUST_PROXY', 0, 1) === 1,
    endpoints: readEndpoints(env),
  };
}

function readFormSizes(env: NodeJS.ProcessEnv): Partial<FormSizes> {
  const sizes = Object.keys(FORM_SIZES).map((name) => [name, readInteger(env, name, 1, MAX_FORM_BYTES)] as const);
  return Object.fromEntries(sizes.filter(([, size]) => size !== undefined));
}

function readKeptDays(env: NodeJS.ProcessEnv): Partial<KeptDays> {
  const days = Object.entries(KEPT_DAYS).map(
    ([name, { min, max }]) => [name, readInteger(env, name, min, max)] as const,
  );
  return Object.fromEntries(days.filter(([, count]) => count !== undefined));
}

function readRateLimits(env: NodeJS.ProcessEnv): RateLimits {
  const read = (name: keyof RateLimits) => readInteger(env, name, 0, MAX_PER_MINUTE) ?? RATE_LIMITS[name];
  return {
    RATE_LIMIT_PER_KEY: read('RATE_LIMIT_PER_KEY'),
    RATE_LIMIT_PER_ADDRESS: read('RATE_LIMIT_PER_ADDRESS'),
    RATE_LIMIT_FAILED_AUTH: read('RATE_LIMIT_FAILED_AUTH'),
  };
}

/** A note for a configuration that starts but will not work for others. */
export function warnAbout({ host, publicUrl, port }: StartSettings): string | undefined {
  if (publicUrl !== undefined || !['0.0.0.0', '::'].includes(host)) return undefined;
  return `HOST is ${host} and PUBLIC_URL is not set: upload and download links will point to ${httpUrl(host, port)}, which other machines cannot reach`;
}

function readInteger(env: NodeJS.ProcessEnv, name: string, min: number, max: number): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new BadSetting(`${name} must be a whole number from ${min} to ${max}`);
  return value;
}

/** An origin, without a path: presigned URLs sign their whole path, and a proxy that strips a prefix would break them. */
function readPublicUrl(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const url = URL.parse(text);
  const isOrigin =
    url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username;
  if (!isOrigin)
    throw new BadSetting('PUBLIC_URL must be an http or https address without a path, like https://builds.example.com');
  return url.origin;
}

function readEndpoints(env: NodeJS.ProcessEnv): Partial<Endpoints> {
  const endpoints: { -readonly [K in keyof Endpoints]?: string } = {};
  const names = { dynamodb: 'DYNAMODB_ENDPOINT', sqs: 'SQS_ENDPOINT', s3: 'S3_ENDPOINT' } as const;
  for (const engine of ['dynamodb', 'sqs', 's3'] as const) {
    const source = env[names[engine]] ? names[engine] : 'AWS_ENDPOINT_URL';
    const endpoint = env[source];
    if (!endpoint) continue;
    if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
      throw new BadSetting(`${source} must be an http or https address`);
    }
    endpoints[engine] = endpoint;
  }
  return endpoints;
}
