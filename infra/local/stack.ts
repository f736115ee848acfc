import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type EnvName, readEnv } from '../../lib/runtime/env.ts';
import { PAGE_FOLDER } from '../bundle-folder.ts';
import type { FunctionDefinition } from '../function-definition.ts';
import { FUNCTIONS } from '../functions.ts';
import { protectedRoutes } from '../http-api.ts';
import type { KeptDays } from '../stage-settings.ts';
import { createAwsClients, type Endpoints } from './aws-clients.ts';
import { loadCertsKey } from './certs-key.ts';
import { type Closers, createClosers } from './closers.ts';
import type { Credentials } from './credentials.ts';
import { openDataDir } from './data-dir.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { type EngineName, type Engines, startEngines } from './engines.ts';
import { createFront } from './front.ts';
import { applyEnvironment, functionEnvironment } from './function-environment.ts';
import { createGateway, type GatewayOptions, type HttpHandler } from './gateway.ts';
import { type FunctionLoader, loadFromFunctions, startLambdaRuntime } from './lambda-runtime.ts';
import { createLargeForms, FORM_SIZES, type FormSizes } from './large-forms.ts';
import { listen } from './listen.ts';
import { openRetention } from './open-retention.ts';
import { createOwnFiles } from './own-files.ts';
import { provision, type Resources } from './provision.ts';
import { createRateLimiter, type RateLimits } from './rate-limit.ts';
import { RETENTION_SECONDS } from './retention.ts';
import { createRouter } from './routes.ts';
import { createS3Door, type S3Door } from './s3-door.ts';
import type { S3Engine } from './s3-engine.ts';
import { SENDER_LIMITS, type SenderLimits } from './sender-limits.ts';
import { createTriggers, startTriggers } from './triggers.ts';

export interface StackOptions {
  readonly dataDir: string;
  readonly apiKey: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Where clients reach this controller, if not at host and port. */
  readonly publicUrl?: string;
  readonly settings?: Partial<Record<EnvName, string>>;
  /** The most that a form may bring, where the store is ours. */
  readonly formSizes?: Partial<FormSizes>;
  readonly keptDays?: Partial<KeptDays>;
  readonly maxHeaderBytes?: number;
  /** Absent: none. */
  readonly rateLimits?: RateLimits;
  /** Whether a proxy of ours stands before it and says who asks. */
  readonly trustsProxy?: boolean;
  /** For tests: production has the usual ones. */
  readonly senderLimits?: Partial<SenderLimits>;
  /** Engines to use instead of starting our own. */
  readonly endpoints?: Partial<Endpoints>;
  /** Replaces an engine's address for the functions only, e.g. by a proxy that injects faults. */
  readonly viaProxy?: (engine: EngineName, address: string) => Promise<string>;
  readonly scheduleSeconds?: number;
  /** False: schedule and queues only run by `runSchedule` and `pollQueues`. */
  readonly hasTimers?: boolean;
  /** For tests of the stack itself. */
  readonly functions?: readonly FunctionDefinition[];
  readonly load?: FunctionLoader;
  readonly clock?: () => number;
  readonly onAnswer?: GatewayOptions['onAnswer'];
}

export interface Stack extends Resources {
  readonly url: string;
  /** The engines' own addresses, past any proxy. */
  readonly engines: Endpoints;
  readonly credentials: Credentials;
  readonly region: string;
  invoke(file: string, event: unknown): Promise<unknown>;
  /** Runs every scheduled function once, and a pass of what removes what has expired. */
  runSchedule(): Promise<void>;
  /** Hands over what waits in the queues that start functions; answers how many messages that were. */
  pollQueues(): Promise<number>;
  /** Resolves if an engine ends by itself: nothing works any more, and the stack should be closed. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

const STAGE = 'local';

/** The dashboard as `npm run build` makes it, which `npm ci` runs. */
const BUILT_PAGE = resolve(import.meta.dirname, '../..', PAGE_FOLDER);

/** What a running request gets when the stack closes: a function's five seconds. */
const CLOSE_GRACE_MS = 5_000;

/**
 * Runs the whole controller in this process. One per process at a time: the functions read `process.env` when they are
 * loaded, and Node loads a module once.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  readEnv([], { CONTROLLER_API_KEY: options.apiKey });
  const closers = createClosers();
  try {
    return await start({ ...options, dataDir: resolve(options.dataDir) }, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function start(options: StackOptions, closers: Closers): Promise<Stack> {
  const { functions = FUNCTIONS, clock = Date.now } = options;
  const { engines, clients, resources } = await openEngines(options, closers);
  let restoreEnvironment = () => {};
  let stopTriggers = async () => {};
  closers.add(() => restoreEnvironment());

  const ready = Promise.withResolvers<HttpHandler>();
  const senderLimits = { ...SENDER_LIMITS, ...options.senderLimits };
  const listener = await listen(
    createFront(ready.promise, senderLimits, options.maxHeaderBytes),
    options.port ?? 0,
    options.host ?? '127.0.0.1',
  );
  closers.add(async () => {
    await Promise.all([listener.close(CLOSE_GRACE_MS), atMost(CLOSE_GRACE_MS, stopTriggers())]);
  });
  const publicUrl = options.publicUrl ?? listener.url;
  restoreEnvironment = await setEnvironment(options, engines, resources, publicUrl);

  const runtime = await startLambdaRuntime(functions, options.load ?? loadFromFunctions);
  const door = engines.s3 && s3Door(engines, engines.s3, resources, publicUrl, clock);
  const gateway = createGateway({
    route: createRouter(functions),
    runtime,
    clock,
    ...(engines.s3 && { forms: createLargeForms(engines.s3.received, { ...FORM_SIZES, ...options.formSizes }) }),
    ...(door && { ownFiles: createOwnFiles(door, publicUrl) }),
    ...(options.rateLimits && { limiter: createRateLimiter(options.rateLimits, protectedRoutes(functions)) }),
    trustsProxy: options.trustsProxy ?? false,
    bodyWithinMs: senderLimits.bodyWithinMs,
    onAnswer: options.onAnswer,
  });
  ready.resolve(door ? withS3(door, gateway) : gateway);

  const retention = openRetention({ engines, clients, resources, clock, keptDays: options.keptDays });
  closers.add(() => retention.close());
  const jobs = [{ everySeconds: RETENTION_SECONDS, run: () => retention.run() }];
  const triggers = createTriggers({
    functions,
    runtime,
    sqs: clients.sqs,
    queueUrls: resources.queueUrls,
    clock,
    jobs,
  });
  if (options.hasTimers ?? true) stopTriggers = startTriggers(triggers, options.scheduleSeconds, sleep).stop;
  return {
    url: listener.url,
    engines: engines.endpoints,
    ...resources,
    credentials: engines.credentials,
    region: engines.region,
    invoke: runtime.invoke,
    runSchedule: triggers.runSchedule,
    pollQueues: triggers.pollQueues,
    failed: engines.died,
    close: () => closers.closeAll(),
  };
}

async function openEngines({ dataDir, endpoints = {} }: StackOptions, closers: Closers) {
  openDataDir(dataDir);
  closers.add(lockDataDir(dataDir));
  const engines = await startEngines(dataDir, endpoints, closers);
  const clients = createAwsClients(engines.endpoints, engines.region, engines.credentials);
  closers.add(() => clients.close());
  return { engines, clients, resources: await provision(clients, STAGE) };
}

async function setEnvironment(options: StackOptions, engines: Engines, resources: Resources, publicUrl: string) {
  const variables = functionEnvironment({
    pageFolder: process.env['PAGE_FOLDER'] ?? BUILT_PAGE,
    apiKey: options.apiKey,
    certsKey: loadCertsKey(options.dataDir),
    resources,
    endpoints: await viaProxies(engines.endpoints, options.viaProxy),
    s3PublicEndpoint: engines.s3 ? publicUrl : (process.env['S3_PUBLIC_ENDPOINT'] ?? engines.endpoints.s3),
    region: engines.region,
    credentials: engines.credentials,
    settings: options.settings ?? {},
  });
  return applyEnvironment(variables);
}

function s3Door(
  engines: Engines,
  s3: S3Engine,
  { buckets }: Resources,
  publicUrl: string,
  clock: () => number,
): S3Door {
  // Signing material has no address of its own.
  const { certs: _inside, ...outside } = buckets;
  const signer = { credentials: engines.credentials, publicHost: new URL(publicUrl).host };
  return createS3Door({ buckets: Object.values(outside), signer, clock, serve: s3.serve });
}

async function viaProxies(endpoints: Endpoints, viaProxy: StackOptions['viaProxy']): Promise<Endpoints> {
  if (!viaProxy) return endpoints;
  const { dynamodb, sqs, s3 } = endpoints;
  return {
    dynamodb: await viaProxy('dynamodb', dynamodb),
    sqs: await viaProxy('sqs', sqs),
    s3: await viaProxy('s3', s3),
  };
}

const withS3 =
  (door: S3Door, gateway: HttpHandler): HttpHandler =>
  async (request, response, proceed) =>
    door.isFor(request) ? door.handle(request, response, proceed) : gateway(request, response, proceed);

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** A sweep may take longer than anybody wants to wait for the end; it bears being cut off. */
async function atMost(ms: number, done: Promise<void>): Promise<void> {
  const cutOff = new AbortController();
  await Promise.race([done, sleep(ms, cutOff.signal)]);
  cutOff.abort();
}
