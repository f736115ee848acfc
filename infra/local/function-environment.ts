import type { EnvName } from '../../lib/runtime/env.ts';
import type { Endpoints } from './aws-clients.ts';
import type { Credentials } from './credentials.ts';
import type { Resources } from './provision.ts';

export interface EnvironmentOptions {
  readonly apiKey: string;
  readonly certsKey: string;
  readonly resources: Resources;
  /** As the functions see them. */
  readonly endpoints: Endpoints;
  readonly s3PublicEndpoint: string;
  readonly pageFolder: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly settings: Partial<Record<EnvName, string>>;
}

type Variables = Record<string, string | undefined>;

/** What a deployment would give the functions. `undefined` means: must not be there. */
export function functionEnvironment(options: EnvironmentOptions): Variables {
  const { apiKey, certsKey, resources, endpoints, s3PublicEndpoint, pageFolder, region, credentials, settings } =
    options;
  const named: Partial<Record<EnvName, string>> = {
    TABLE_NAME: resources.table,
    DYNAMODB_ENDPOINT: endpoints.dynamodb,
    QUEUE_URL_IOS: resources.queueUrls.ios,
    QUEUE_URL_ANDROID: resources.queueUrls.android,
    DEAD_LETTERS_QUEUE_URL: resources.queueUrls.deadLetters,
    SQS_ENDPOINT: endpoints.sqs,
    SOURCES_BUCKET: resources.buckets.sources,
    RESULTS_BUCKET: resources.buckets.results,
    CERTS_BUCKET: resources.buckets.certs,
    CERTS_KEY: certsKey,
    S3_ENDPOINT: endpoints.s3,
    S3_PUBLIC_ENDPOINT: s3PublicEndpoint,
    PAGE_FOLDER: pageFolder,
    ...settings,
  };
  return {
    ...named,
    CONTROLLER_API_KEY: apiKey,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    // A profile would win over the keys above, with a warning.
    AWS_PROFILE: undefined,
  };
}

/** Sets them in this process, where the functions will read them. Returns what puts the old values back. */
export function applyEnvironment(variables: Variables, env = process.env): () => void {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, env[name]]));
  set(variables, env);
  return () => set(before, env);
}

function set(variables: Variables, env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
}
