import * as z from 'zod/mini';
import {
  API_KEY_REFUSAL,
  BadEnvironment,
  CERTS_KEY_REFUSAL,
  CERTS_KEY_SHAPE,
  checkedApiKey,
  withKeptApiKey,
  withKeptCertsKey,
} from './api-key.ts';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName, settingRefusal } from './settings.ts';
import { storedSecret } from './stored-secret.ts';

const endpoint = z.optional(z.url());

/** Every variable any function may declare. Endpoints are absent on AWS: the SDK then finds the region's own. */
const CATALOGUE = {
  TABLE_NAME: z.string().check(z.minLength(3)),
  DYNAMODB_ENDPOINT: endpoint,
  QUEUE_URL_IOS: z.url(),
  QUEUE_URL_ANDROID: z.url(),
  DEAD_LETTERS_QUEUE_URL: z.url(),
  SQS_ENDPOINT: endpoint,
  SOURCES_BUCKET: z.string().check(z.minLength(3)),
  RESULTS_BUCKET: z.string().check(z.minLength(3)),
  CERTS_BUCKET: z.string().check(z.minLength(3)),
  /** What signing material is encrypted under: 32 random bytes, base64url. */
  CERTS_KEY: z.string().check(z.regex(CERTS_KEY_SHAPE, CERTS_KEY_REFUSAL)),
  S3_ENDPOINT: endpoint,
  /** Where clients reach the buckets, if not where the functions do: presigned URLs are made for this address. */
  S3_PUBLIC_ENDPOINT: endpoint,
  /** Where the dashboard's files are. Absent on AWS: beside its function's bundle. */
  PAGE_FOLDER: z.optional(z.string()),
  ...settings(),
} as const;

type Catalogue = typeof CATALOGUE;
export const ENV_NAMES = Object.keys(CATALOGUE) as readonly EnvName[];
export type EnvName = keyof Catalogue;
export type Env<N extends EnvName> = { readonly CONTROLLER_API_KEY: string } & {
  readonly [K in N]: z.output<Catalogue[K]>;
};

/** The variables of one thing that a function opens. */
export const TABLE = ['TABLE_NAME', 'DYNAMODB_ENDPOINT'] as const satisfies readonly EnvName[];
/** Of a function that writes: what it writes leaves when that time has passed. */
export const RECORDS = [...TABLE, 'RECORD_DAYS'] as const satisfies readonly EnvName[];
export const QUEUES = ['QUEUE_URL_IOS', 'QUEUE_URL_ANDROID', 'SQS_ENDPOINT'] as const satisfies readonly EnvName[];
export const FILES = [
  'SOURCES_BUCKET',
  'RESULTS_BUCKET',
  'S3_ENDPOINT',
  'S3_PUBLIC_ENDPOINT',
  'LINK_SECONDS',
] as const satisfies readonly EnvName[];
export const CERTS = ['CERTS_BUCKET', 'CERTS_KEY'] as const satisfies readonly EnvName[];
export const QUARANTINE = [
  'QUARANTINE_BUILDS',
  'QUARANTINE_SECONDS',
  'QUARANTINE_INSTANT_SECONDS',
] as const satisfies readonly EnvName[];
export const LOG_SIZES = ['LOG_HEAD_BYTES', 'LOG_TAIL_BYTES'] as const satisfies readonly EnvName[];
const CERT_LIMITS = [
  'MAX_CERTS_BYTES',
  'MAX_CERTS_UNPACKED_BYTES',
  'MAX_CERTS_ENTRIES',
] as const satisfies readonly EnvName[];
export const SUBMITS = [...CERTS, ...CERT_LIMITS, 'SAME_REQUEST_SECONDS'] as const satisfies readonly EnvName[];
export const LEASES = [
  'FIRST_LEASE_SECONDS',
  'LEASE_SECONDS',
  'MAX_ATTEMPTS',
  'OTP_SECONDS',
] as const satisfies readonly EnvName[];

export { API_KEY_REFUSAL, BadEnvironment, SETTING_NAMES };

function settings() {
  const schemas = Object.entries(SETTINGS).map(([name, setting]) => [name, wholeNumber(setting)] as const);
  return Object.fromEntries(schemas) as Record<SettingName, ReturnType<typeof wholeNumber>>;
}

function wholeNumber(setting: Setting) {
  const refusal = settingRefusal('', setting) ?? '';
  const text = z.string().check(z.refine((value) => settingRefusal(value, setting) === undefined, refusal));
  return z._default(z.pipe(text, z.transform(Number)), setting.default);
}

/** Read once, while a function starts. */
const kept = (name: string) => storedSecret(name, process.env);
const ENVIRONMENT = await withKeptCertsKey(await withKeptApiKey(process.env, kept), kept);

/** Under which name CloudWatch counts what is logged; where it is not set nothing is counted. */
export const METRICS_NAMESPACE = process.env['METRICS_NAMESPACE'];

/**
 * Reads exactly the variables a function declares, and with them always the API key. Throws `BadEnvironment` naming
 * every bad variable at once, so that a bad deployment fails its first start and not its thousandth request.
 */
export function readEnv<const N extends EnvName>(names: readonly N[], source = ENVIRONMENT): Env<N> {
  const read: Record<string, unknown> = { CONTROLLER_API_KEY: checkedApiKey(source['CONTROLLER_API_KEY']) };
  const problems: string[] = [];
  for (const name of names) {
    const result = z.safeParse(CATALOGUE[name], source[name] || undefined);
    if (result.success) read[name] = result.data;
    else problems.push(`${name}: ${result.error.issues[0]?.message ?? 'invalid'}`);
  }
  if (problems.length > 0) throw new BadEnvironment(`Bad environment: ${problems.join('; ')}`);
  return read as Env<N>;
}
