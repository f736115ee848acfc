import { join } from 'node:path';
import { build } from 'esbuild';
import type { Permission } from '../../infra/permissions.ts';
import type { Subject } from '../../lib/runtime/access.ts';

/**
 * What a function can ask of AWS, read from what is left of its code when everything it does not reach is shaken out:
 * which methods of which ports it calls, and from the table below what each of them sends. That nothing is missing there
 * is shown where roles are enforced (`npm run test:localstack`).
 */

const table = (...actions: string[]) => actions.map((action) => `table:${action}`);

/** By port and method. `files` are told the kind of file: `*` stands for it. */
const SENDS: Record<string, Record<string, readonly string[]>> = {
  builds: {
    get: table('GetItem'),
    create: table('PutItem'),
    addToken: table('UpdateItem'),
    markSent: table('UpdateItem'),
    assign: table('UpdateItem', 'PutItem'),
    reissueOtp: table('UpdateItem'),
    countWrongOtp: table('UpdateItem'),
    admitVm: table('UpdateItem'),
    vmReady: table('UpdateItem'),
    heartbeat: table('UpdateItem'),
    measure: table('UpdateItem'),
    extendLease: table('UpdateItem'),
    finish: table('UpdateItem', 'PutItem'),
    cancel: table('UpdateItem', 'PutItem'),
    requeue: table('UpdateItem', 'PutItem'),
    giveBack: table('UpdateItem', 'PutItem'),
    reject: table('UpdateItem', 'PutItem'),
    rejectUnreadable: table('UpdateItem', 'PutItem'),
    expire: table('UpdateItem', 'PutItem'),
    noteCertsRead: table('PutItem'),
    events: table('Query'),
  },
  logs: {
    append: table('UpdateItem', 'PutItem'),
    note: table('UpdateItem', 'PutItem'),
    noteRetry: table('GetItem', 'UpdateItem', 'PutItem'),
    read: table('Query', 'GetItem'),
  },
  metrics: { put: table('PutItem'), read: table('Query') },
  keys: {
    get: table('GetItem'),
    create: table('PutItem'),
    list: table('Query'),
    revoke: table('UpdateItem'),
  },
  workers: {
    get: table('GetItem'),
    create: table('PutItem'),
    renew: table('UpdateItem'),
    noteSeen: table('UpdateItem'),
    setDraining: table('UpdateItem'),
    pardon: table('UpdateItem'),
    remove: table('DeleteItem'),
    forget: table('UpdateItem'),
  },
  index: {
    list: [
      'index.listed:Query',
      'index.platform:Query',
      'index.state:Query',
      'index.worker:Query',
      'table:BatchGetItem',
    ],
    workers: ['index.listed:Query', 'table:BatchGetItem'],
    due: ['index.due:Query', 'table:BatchGetItem'],
    count: ['index.state:Query'],
    finishedOn: ['index.finished:Query'],
    onlineWorkers: ['index.listed:Query', 'table:BatchGetItem'],
    oldestPending: ['index.state:Query', 'table:BatchGetItem'],
    lastFinished: ['index.finished:Query', 'table:BatchGetItem'],
  },
  waiting: {
    urgent: ['index.waiting:Query'],
    labelled: ['index.waiting:Query'],
    some: ['index.state:Query', 'table:BatchGetItem'],
  },
  pauses: { get: table('GetItem'), pause: table('UpdateItem'), resume: table('UpdateItem') },
  lookout: { isPaused: table('GetItem'), isPausedNow: table('GetItem') },
  totals: { get: table('GetItem'), advance: table('PutItem') },
  diagnostics: { add: table('PutItem'), latest: table('Query') },
  queue: {
    send: ['builds:SendMessage'],
    receive: ['builds:ReceiveMessage'],
    delete: ['builds:DeleteMessage'],
    giveBack: ['builds:ChangeMessageVisibility'],
  },
  deadLetters: {
    receive: ['deadLetters:ReceiveMessage'],
    delete: ['deadLetters:DeleteMessage'],
    giveBack: ['deadLetters:ChangeMessageVisibility'],
  },
  files: {
    ticket: ['*:PutObject'],
    put: ['*:PutObject'],
    adopt: ['*:GetObject', '*:PutObject'],
    find: ['*:GetObject', '*.bucket:ListBucket'],
    read: ['*:GetObject', '*.bucket:ListBucket'],
    link: ['*:GetObject'],
  },
  certs: {
    fingerprint: ['certsKey:GetParameter'],
    put: ['certs:PutObject', 'certsKey:GetParameter'],
    open: ['certs:GetObject', 'certs.bucket:ListBucket', 'certsKey:GetParameter'],
    keyOf: [],
    delete: ['certs:DeleteObject'],
  },
  marks: {
    add: table('PutItem'),
    due: ['index.due:Query'],
    postpone: table('UpdateItem'),
    remove: table('DeleteItem'),
  },
  parts: {
    begin: ['*:PutObject'],
    find: ['*:GetObject', '*.bucket:ListBucket'],
    arrived: ['*:ListMultipartUploadParts'],
    ticket: ['*:PutObject'],
    join: ['*:PutObject'],
    abort: ['*:AbortMultipartUpload'],
  },
};

/** Whoever gives its build back and leaves in the same step is deleted in it. */
const LEAVING = ['"leaves"', 'table:DeleteItem'] as const;

const FACTORIES: Record<string, string> = {
  builds: 'builds',
  workers: 'workers',
  logs: 'logs',
  metrics: 'metrics',
  keys: 'keys',
  index: 'index',
  totals: 'totals',
  diagnostics: 'diagnostics',
  queues: 'queue',
  deadLetters: 'deadLetters',
  files: 'files',
  parts: 'parts',
  certs: 'certs',
  certObjectsOf: 'certs',
  pauses: 'pauses',
  pauseLookout: 'lookout',
  marks: 'marks',
};

const KINDS = ['sources', 'results'];

/** The reachable code of each function, without its adapters. */
export async function reachableCode(files: readonly string[]): Promise<Map<string, string>> {
  const root = join(import.meta.dirname, '../..');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: files.map((file) => ({ in: `functions/${file}.ts`, out: file })),
    outdir: 'out',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    external: ['../adapters/*'],
    logLevel: 'error',
  });
  return new Map(
    outputFiles.map(({ path, text }) => [path.slice(join(root, 'out').length + 1).replace(/\.js$/, ''), text]),
  );
}

/**
 * Letting in is one pipeline for all, so its code is in every function; what it asks for depends on the function's line in
 * `access.ts`.
 */
const LETTING_IN = ['lib/runtime/admission.ts', 'lib/runtime/key-ring.ts', 'lib/app/authenticate-worker.ts'];
const GATE: Record<Subject, readonly string[]> = {
  anyone: [],
  project: ['keys.get'],
  build: ['keys.get', 'builds.get'],
  holder: ['keys.get'],
  worker: ['keys.get', 'workers.get'],
};

/** What a function can ask for. Throws for a call that looks like a port's and is none in the tables. */
export function permissionsOf(code: string, subject: Subject | undefined): Permission[] {
  const sections = code.split(/^(?=\/\/ (?:lib|functions)\/)/m);
  const isLettingIn = (section: string) => LETTING_IN.some((path) => section.startsWith(`// ${path}`));
  const own = sections.filter((section) => !isLettingIn(section)).join('');
  const known = Object.values(GATE).flat();
  const unknown = callsIn(sections.filter(isLettingIn).join('')).filter(({ call }) => !known.includes(call));
  if (unknown[0]) throw new Error(`letting in calls ${unknown[0].call}: GATE (${HERE}) must say for whom`);

  const found = new Set<string>(code.includes(LEAVING[0]) ? [LEAVING[1]] : []);
  for (const call of subject ? GATE[subject] : []) for (const permission of sendsOf(call)) found.add(permission);
  for (const { call, kind } of callsIn(own)) {
    const kinds = KINDS.filter((name) => (KINDS.includes(kind) ? name === kind : own.includes(`"${name}"`)));
    for (const permission of sendsOf(call)) {
      if (permission.includes('*')) for (const name of kinds) found.add(permission.replace('*', name));
      else found.add(permission);
    }
  }
  return [...found].sort() as Permission[];
}

const COLLECTIONS = [Array.prototype, Map.prototype];

const HERE = 'test/infra/derive-permissions.ts';

function sendsOf(call: string): readonly string[] {
  const [port = '', method = ''] = call.split('.');
  const sends = SENDS[port]?.[method];
  if (!sends) throw new Error(`${port}.${method}() is not in SENDS (${HERE}): say there what it asks of AWS`);
  return sends;
}

/** Calls of ports, as `port.method`, with the first argument where it is a plain text. */
function callsIn(code: string): { call: string; kind: string }[] {
  const ports = portsOf(code);
  return [...code.matchAll(/(\w+)\.(\w+)\(\s*(?:"(\w+)",)?/g)].flatMap(([, receiver = '', method = '', kind = '']) => {
    // The bundler numbers what has the same name.
    const port = ports.get(receiver) ?? ports.get(receiver.replace(/\d+$/, ''));
    // Lists have the names of what they are lists of.
    if (port === undefined || (!SENDS[port]?.[method] && COLLECTIONS.some((prototype) => method in prototype)))
      return [];
    return [{ call: `${port}.${method}`, kind }];
  });
}

/** Names under which the code calls a port: its own, and the variables that functions give what a factory makes. */
function portsOf(code: string): Map<string, string> {
  const ports = new Map(Object.keys(SENDS).map((port) => [port, port]));
  for (const [, variable = '', factory = ''] of code.matchAll(/\bvar (\w+) = (\w+?)\d*\(/g)) {
    const port = FACTORIES[factory];
    if (port !== undefined) ports.set(variable, port);
  }
  return ports;
}
