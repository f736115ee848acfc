import { expect, test } from 'vitest';
import { environmentCredentials } from '../../infra/local/credentials.ts';
import { HELP, readStartSettings, warnAbout } from '../../infra/local/start-settings.ts';
import { ENV_NAMES, readEnv } from '../../lib/runtime/env.ts';

test('has a default for everything', () => {
  const rateLimits = { RATE_LIMIT_PER_KEY: 12_000, RATE_LIMIT_PER_ADDRESS: 12_000, RATE_LIMIT_FAILED_AUTH: 60 };
  const files = { dataDir: '.buildlatch', formSizes: {}, keptDays: {} };
  const defaults = { port: 3000, host: '127.0.0.1', ...files, rateLimits, trustsProxy: false, endpoints: {} };
  expect(readStartSettings({})).toEqual(defaults);
  expect(
    readStartSettings({ PORT: '', HOST: '', PUBLIC_URL: '', DATA_DIR: '', SCHEDULE_SECONDS: '', S3_ENDPOINT: '' }),
  ).toEqual(defaults);
});

test('takes all engines from AWS_ENDPOINT_URL but those with an endpoint of their own', () => {
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', SQS_ENDPOINT: 'http://127.0.0.1:9324' };
  const all = 'http://127.0.0.1:4566';
  expect(readStartSettings(env).endpoints).toEqual({ dynamodb: all, sqs: 'http://127.0.0.1:9324', s3: all });
  expect(readStartSettings({ DYNAMODB_ENDPOINT: all }).endpoints).toEqual({ dynamodb: all });
});

test('takes a public address with or without its closing slash', () => {
  expect(readStartSettings({ PUBLIC_URL: 'https://builds.example.com/' }).publicUrl).toBe('https://builds.example.com');
});

test('takes the sizes of forms', () => {
  const formSizes = { MAX_SOURCE_BYTES: 1_000, MAX_CERTS_BYTES: 20, MAX_RESULT_BYTES: 3_000 };
  const env = { MAX_SOURCE_BYTES: '1000', MAX_CERTS_BYTES: '20', MAX_RESULT_BYTES: '3000' };
  expect(readStartSettings(env).formSizes).toEqual(formSizes);
});

test('takes how long files are kept, within the range of a stage', () => {
  const keptDays = { SOURCE_DAYS: 3, RESULT_DAYS: 3_650, CERTS_DAYS: 1, UNFINISHED_UPLOAD_DAYS: 2 };
  const env = { SOURCE_DAYS: '3', RESULT_DAYS: '3650', CERTS_DAYS: '1', UNFINISHED_UPLOAD_DAYS: '2' };
  expect(readStartSettings(env)).toMatchObject({ keptDays });
  expect(() => readStartSettings({ SOURCE_DAYS: '0' })).toThrow('SOURCE_DAYS must be a whole number from 1 to 3650');
});

test('takes the rates, 0 for none, and a proxy to be trusted', () => {
  const rateLimits = { RATE_LIMIT_PER_KEY: 0, RATE_LIMIT_PER_ADDRESS: 5, RATE_LIMIT_FAILED_AUTH: 60 };
  const env = { RATE_LIMIT_PER_KEY: '0', RATE_LIMIT_PER_ADDRESS: '5', TRUST_PROXY: '1' };
  expect(readStartSettings(env)).toMatchObject({ rateLimits, trustsProxy: true });
});

test.each([
  ['RATE_LIMIT_PER_KEY', '-1'],
  ['TRUST_PROXY', 'yes'],
  ['PUBLIC_URL', 'builds.example.com'],
  ['PUBLIC_URL', 'ftp://builds.example.com'],
  ['PUBLIC_URL', 'https://builds.example.com/?x'],
  ['PORT', '-1'],
  ['SCHEDULE_SECONDS', '0'],
  ['MAX_SOURCE_BYTES', '500MB'],
  ['MAX_RESULT_BYTES', '99999999999'],
  ['SQS_ENDPOINT', '127.0.0.1:9324'],
])('refuses %s=%s by name', (name, value) => {
  expect(() => readStartSettings({ [name]: value })).toThrow(new RegExp(`^${name} must be `));
});

test('warns about a wildcard host without a public address', () => {
  expect(warnAbout(readStartSettings({ HOST: '0.0.0.0' }))).toContain('PUBLIC_URL is not set');
  expect(warnAbout(readStartSettings({ HOST: '0.0.0.0', PUBLIC_URL: 'http://10.0.0.5:3000' }))).toBeUndefined();
  expect(warnAbout(readStartSettings({}))).toBeUndefined();
});

test('reads a key pair from the environment only if it is whole', () => {
  expect(environmentCredentials({ AWS_ACCESS_KEY_ID: 'a' })).toBeUndefined();
  const pair = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  expect(environmentCredentials(pair)).toEqual({ accessKeyId: 'a', secretAccessKey: 'b' });
  expect(environmentCredentials({ ...pair, AWS_SESSION_TOKEN: 'c' })).toMatchObject({ sessionToken: 'c' });
});

test('the help has a line for each setting of the functions that is not made here, with its default', () => {
  const made = [
    'TABLE_NAME',
    'QUEUE_URL_IOS',
    'QUEUE_URL_ANDROID',
    'SOURCES_BUCKET',
    'RESULTS_BUCKET',
    'CERTS_BUCKET',
    'DEAD_LETTERS_QUEUE_URL',
    'PAGE_FOLDER',
  ];
  const settable = ENV_NAMES.filter((name) => !made.includes(name));
  expect(settable.length).toBe(ENV_NAMES.length - made.length);
  for (const name of [...settable, 'CONTROLLER_API_KEY']) expect(HELP, name).toMatch(new RegExp(`^  ${name}\\s`, 'm'));
  const withDefault = settable.filter((name) => name !== 'CERTS_KEY');
  const defaults = Object.entries(readEnv(withDefault, { CONTROLLER_API_KEY: 'k'.repeat(32) })).filter(
    ([name, value]) => value !== undefined && name !== 'CONTROLLER_API_KEY',
  );
  expect(defaults.length).toBeGreaterThan(4);
  for (const [name, value] of defaults) expect(HELP).toMatch(new RegExp(`^  ${name}\\s.*\\(${value}\\)$`, 'm'));
});
