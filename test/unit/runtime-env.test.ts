import { describe, expect, it } from 'vitest';
import { SETTING_NAMES, SETTINGS } from '../../lib/runtime/settings.ts';
import { API_KEY_REFUSAL, BadEnvironment, FILES, LEASES, QUEUES, readEnv, TABLE } from '../../lib/runtime/env.ts';

const KEY = 'k'.repeat(43);

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof BadEnvironment) return error.message;
    throw error;
  }
  return 'nothing was refused';
}

describe('the environment', () => {
  it('gives a function what it declared, with the defaults of what may be absent', () => {
    const source = {
      CONTROLLER_API_KEY: KEY,
      TABLE_NAME: 'builds',
      LEASE_SECONDS: '20',
      DYNAMODB_ENDPOINT: '',
      PATH: 'x',
    };
    expect(readEnv([...TABLE, ...LEASES], source)).toEqual({
      CONTROLLER_API_KEY: KEY,
      TABLE_NAME: 'builds',
      DYNAMODB_ENDPOINT: undefined,
      FIRST_LEASE_SECONDS: 1800,
      LEASE_SECONDS: 20,
      MAX_ATTEMPTS: 3,
      OTP_SECONDS: 600,
    });
  });

  it('names every bad variable at once and never a value', () => {
    const secret = 's3cret-value';
    const bad = Object.fromEntries([...QUEUES, ...FILES, ...LEASES, 'DYNAMODB_ENDPOINT'].map((name) => [name, secret]));
    const source = { ...bad, SOURCES_BUCKET: 'x', RESULTS_BUCKET: '', CONTROLLER_API_KEY: KEY };
    const message = refusal(() => readEnv([...TABLE, ...QUEUES, ...FILES, ...LEASES], source));
    for (const name of [...TABLE, ...QUEUES, ...FILES, ...LEASES]) expect(message, name).toContain(`${name}: `);
    expect(message).not.toContain(secret);
    expect(message).not.toContain(KEY);
  });

  it.each(['-1', '1.5', 'x', '1e3', '0x10', ' 1', '1e400', 'NaN', '99999999999999'])(
    'refuses %s for a setting',
    (value) => {
      for (const name of SETTING_NAMES) {
        const { min, max } = SETTINGS[name];
        const words = `Bad environment: ${name}: must be a whole number from ${min} to ${max}`;
        expect(refusal(() => readEnv([name], { CONTROLLER_API_KEY: KEY, [name]: value }))).toBe(words);
      }
    },
  );

  it.each(SETTING_NAMES)('takes %s from one end of its range to the other, and nothing beyond', (name) => {
    const { default: usual, min, max } = SETTINGS[name];
    const read = (value: number) => readEnv([name], { CONTROLLER_API_KEY: KEY, [name]: String(value) })[name];
    expect([min, usual, max].map(read)).toEqual([min, usual, max]);
    for (const beyond of [min - 1, max + 1]) expect(refusal(() => read(beyond))).toContain(`${name}: must be`);
    expect(readEnv([name], { CONTROLLER_API_KEY: KEY })).toMatchObject({ [name]: usual });
  });

  it.each([undefined, '', 'k'.repeat(31)])('refuses the key %s in the words that operators know', (key) => {
    const source = key === undefined ? {} : { CONTROLLER_API_KEY: key };
    const [first, howTo] = refusal(() => readEnv([], source)).split('\n');
    expect(first).toBe('CONTROLLER_API_KEY must be set and at least 32 characters');
    expect(first).toBe(API_KEY_REFUSAL);
    expect(howTo).toMatch(/^Make one with: /);
  });

  it.each(['test-api-key-demo-1234567890', 'dev-api-key-minimum-32-characters-long'])(
    'refuses the published key %s, short or long, without printing it',
    (key) => {
      const message = refusal(() => readEnv([], { CONTROLLER_API_KEY: key }));
      expect(message).toMatch(/^CONTROLLER_API_KEY is a published demo key/);
      expect(message).not.toContain(key);
    },
  );

  it.each([`${KEY} `, `${KEY}\n`, `${KEY}=`, `${KEY}é`])(
    'refuses a key that shell scripts of workers would refuse',
    (key) => {
      expect(refusal(() => readEnv([], { CONTROLLER_API_KEY: key }))).toMatch(/may only contain/);
    },
  );
});
