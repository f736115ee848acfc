import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { queueDefinitions, queueResources } from '../../infra/queues.ts';
import { bucketResources } from '../../infra/storage.ts';
import { TABLE_TTL_ATTRIBUTE, tableProperties, tableResource } from '../../infra/tables.ts';
import { ACCESS, type Rule } from '../../lib/runtime/access.ts';
import { CERTS, FILES, LEASES, LOG_SIZES, QUARANTINE, QUEUES, RECORDS, SUBMITS, TABLE } from '../../lib/runtime/env.ts';

const KEPT = { deletionPolicy: 'Retain', isProtected: true };
const FOLDER = join(import.meta.dirname, '../../functions');
const GROUPS: Record<string, readonly string[]> = {
  TABLE,
  QUEUES,
  FILES,
  CERTS,
  LEASES,
  LOG_SIZES,
  QUARANTINE,
  RECORDS,
  SUBMITS,
};
/** They only change records that live, or those of the queues, which stay. */
const WRITES_WHAT_STAYS = new Set([
  'authenticate-vm',
  'drain-worker',
  'pause-queue',
  'redrive-dead-letters',
  'resume-queue',
  'vm-ready',
]);
const sourceOf = (file: string) => readFileSync(join(FOLDER, `${file}.ts`), 'utf8');
const routes = FUNCTIONS.flatMap(({ trigger }) => (trigger.kind === 'http' ? trigger.routes : []));

/** The variables that a handler's source asks for: names, and groups of names. */
function readNames(source: string): string[] {
  const calls = [...source.matchAll(/\breadEnv\(([^)]*)\)/g)];
  expect(calls).toHaveLength(1);
  const parts = (calls[0]?.[1] ?? '')
    .replace(/[[\]\s]|\.\.\./g, '')
    .split(',')
    .filter(Boolean);
  return parts.flatMap((part) => {
    const literal = /^'(\w+)'$/.exec(part)?.[1];
    const names = literal === undefined ? GROUPS[part] : [literal];
    if (!names) throw new Error(`${part} is no known group of variables`);
    return names;
  });
}

describe('the functions', () => {
  it('are all deployed, and nothing else is', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
    expect(FUNCTIONS.map(({ file }) => `${file}.ts`).sort()).toEqual(files.sort());
    const names = FUNCTIONS.map(({ file }) => file.split('/').at(-1));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(FUNCTIONS)('$file declares exactly the variables it reads', ({ file, env }) => {
    expect(readNames(sourceOf(file)).sort()).toEqual([...env].sort());
  });

  it.each(FUNCTIONS)('$file opens only what it declares, and declares only what it opens', ({ file, env }) => {
    const source = sourceOf(file);
    const isOpened = {
      TABLE_NAME: /\bopenTable\(/,
      QUEUE_URL_IOS: /\bqueues\(env\)/,
      SOURCES_BUCKET: /\bfiles\(env\)/,
      CERTS_BUCKET: /\b(certs|certObjectsOf|submitting)\(env\b/,
    };
    for (const [name, opening] of Object.entries(isOpened)) {
      expect(opening.test(source), name).toBe(env.some((declared) => declared === name));
    }
  });

  it.each(FUNCTIONS)(
    '$file is told how long what it writes is kept, and where a build’s own token lets in, how long that does',
    ({ file, env, may }) => {
      const name = posix.basename(file);
      const writes = may.some((permission) => ['table:PutItem', 'table:UpdateItem'].includes(permission));
      const told = ['RECORD_DAYS', 'DIAGNOSTIC_DAYS'].some((days) => env.some((declared) => declared === days));
      expect(told).toBe(writes && !WRITES_WHAT_STAYS.has(name));
      const rule: Rule | undefined = (ACCESS as Readonly<Record<string, Rule>>)[name];
      expect(env.includes('BUILD_TOKEN_DAYS')).toBe(rule?.for === 'build');
    },
  );

  it('have each their line in the access table, and name it', () => {
    const http = FUNCTIONS.filter(({ trigger }) => trigger.kind === 'http');
    const named = http.map(({ file }) => [/\baccess: '([\w-]+)'/.exec(sourceOf(file))?.[1], posix.basename(file)]);
    for (const [name, own] of named) expect(name).toBe(own);
    expect(Object.keys(ACCESS).sort()).toEqual(named.map(([, own]) => own).sort());
  });

  it.each(FUNCTIONS)('$file uses the pipeline of its trigger', ({ file, trigger }) => {
    const pipeline = { http: 'api', queue: 'queue', schedule: 'schedule' }[trigger.kind];
    expect(sourceOf(file)).toMatch(new RegExp(`^export const handler = ${pipeline}\\(`, 'm'));
    expect(file.startsWith(`${pipeline}/`)).toBe(true);
  });

  it('share no route', () => {
    expect(new Set(routes).size).toBe(routes.length);
    const places = routes.map((route) => route.replace(/\{\w+\}/g, '{}'));
    expect(new Set(places).size).toBe(places.length);
    expect(routes.filter((route) => route === '$default')).toHaveLength(1);
  });

  it('answer every route that the existing clients call', () => {
    const called = [
      'GET /health',
      'GET /api/health',
      'GET /api/stats',
      'GET /public/stats',
      'POST /api/builds/submit',
      'POST /api/builds',
      'GET /api/builds',
      'GET /api/builds/active',
      'GET /api/builds/statistics',
      'GET /api/builds/{id}',
      'GET /api/builds/{id}/status',
      'GET /api/builds/{id}/logs',
      'POST /api/builds/{id}/logs',
      'GET /api/builds/{id}/download',
      'GET /api/builds/{id}/download/result',
      'GET /api/builds/{id}/download/source',
      'GET /api/builds/{id}/source',
      'POST /api/builds/{id}/cancel',
      'POST /api/builds/{id}/heartbeat',
      'POST /api/workers/register',
      'GET /api/workers/{worker_id}/stats',
      'POST /api/diagnostics/report',
      'GET /api/diagnostics/{worker_id}',
      'GET /api/diagnostics/{worker_id}/latest',
      'GET /api/workers/poll',
      'POST /api/workers/upload',
      'POST /api/workers/result',
      'POST /api/workers/fail',
    ];
    expect(routes).toEqual(expect.arrayContaining(called));
  });

  it('end in time: 5 s, logs and retry 10 s, the joining of parts within an HTTP API’s 30 s, the sweep before the next', () => {
    const secondsOf = (file: string) => {
      if (/complete-\w+-upload$/.test(file)) return 29;
      return file.endsWith('-logs') || file.endsWith('retry-build') ? 10 : 5;
    };
    for (const { file, trigger, timeoutSeconds } of FUNCTIONS) {
      if (trigger.kind === 'schedule') expect(timeoutSeconds, file).toBeLessThan(trigger.everySeconds);
      else expect(timeoutSeconds, file).toBe(secondsOf(file));
    }
  });
});

describe('the queues', () => {
  const queues = queueDefinitions('test');
  const all = Object.entries(queueResources('test')) as [
    string,
    { Type: string; Properties: Record<string, unknown> },
  ][];
  const resources = all.flatMap(([, resource]) => (resource.Type === 'AWS::SQS::Queue' ? [resource] : []));
  const slowest = (...files: string[]) =>
    Math.max(...FUNCTIONS.filter(({ file }) => files.includes(file)).map(({ timeoutSeconds }) => timeoutSeconds));

  it('hide a message six times as long as a consumer may take', () => {
    const consumer = slowest('api/poll', 'queue/dead-letter');
    expect(queues.map(({ visibilitySeconds }) => visibilitySeconds >= 6 * consumer)).toEqual([true, true, true]);
  });

  it('of builds put aside what was received fifty times, into one that is there and keeps longer', () => {
    const [aside, ...ofBuilds] = queues;
    expect(ofBuilds.map(({ name }) => name)).toEqual(['buildlatch-test-ios', 'buildlatch-test-android']);
    for (const { deadLetters, retentionSeconds } of ofBuilds) {
      expect(deadLetters?.name).toBe(aside?.name);
      expect(deadLetters?.maxReceiveCount).toBeGreaterThanOrEqual(50);
      expect(aside?.retentionSeconds).toBeGreaterThan(retentionSeconds);
    }
    expect(aside).not.toHaveProperty('deadLetters');
  });

  it('are encrypted, and deployed as they are defined', () => {
    expect(resources.map(({ Properties }) => Properties['SqsManagedSseEnabled'])).toEqual([true, true, true]);
    const deployed = resources.map(({ Properties }) => [Properties['QueueName'], Properties['VisibilityTimeout']]);
    expect(deployed).toEqual(queues.map(({ name, visibilitySeconds }) => [name, visibilitySeconds]));
    const redrives = resources.flatMap(({ Properties }) =>
      Properties['RedrivePolicy'] ? [Properties['RedrivePolicy']] : [],
    );
    const target = { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLettersQueue', 'Arn'] }, maxReceiveCount: 50 };
    expect(redrives).toEqual([target, target]);
  });
});

describe('the table', () => {
  it('expires old items, can be restored to any second, and is not deleted by accident', () => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = tableResource('prod', KEPT);
    expect(Properties).toMatchObject({
      TimeToLiveSpecification: { AttributeName: TABLE_TTL_ATTRIBUTE, Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      SSESpecification: { SSEEnabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  it('defines each attribute that a key uses, and no other', () => {
    const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = tableProperties('test');
    const keys = [KeySchema, ...GlobalSecondaryIndexes.map((index) => index.KeySchema)].flat();
    const used = new Set(keys.map(({ AttributeName }) => AttributeName));
    expect(AttributeDefinitions.map(({ AttributeName }) => AttributeName).sort()).toEqual([...used].sort());
  });
});

describe('the buckets', () => {
  const all = Object.entries(bucketResources('test', KEPT)) as [string, { Type: string }][];
  const buckets = all.filter(([, { Type }]) => Type === 'AWS::S3::Bucket');

  it.each(buckets)('%s is closed to the public, encrypted, and forgets', (_id, resource) => {
    expect(resource).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: expect.anything(),
        LifecycleConfiguration: {
          Rules: expect.arrayContaining([
            expect.objectContaining({
              Status: 'Enabled',
              ExpirationInDays: expect.stringMatching(/^\$\{param:[A-Z]+_DAYS\}$/),
            }),
            expect.objectContaining({
              Status: 'Enabled',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's own placeholder
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: '${param:UNFINISHED_UPLOAD_DAYS}' },
            }),
          ]),
        },
      },
    });
  });

  it('are three, one for each kind of file', () => {
    expect(buckets.map(([id]) => id)).toEqual(['SourcesBucket', 'ResultsBucket', 'CertsBucket']);
  });
});
