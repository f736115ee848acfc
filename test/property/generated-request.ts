import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ROUTES, SHA256 } from '../support/bad-input-world.ts';

/** Requests to every route there is, by everybody, with every field that any input names: wrong in ways nobody thought of. */

/** Named here, known only when the controller runs. */
const SECRETS = [
  'key',
  'holder',
  'idle',
  'expired',
  'heldToken',
  'waitingToken',
  'heldId',
  'waitingId',
  'holderId',
  'idleId',
  'otp',
  'vmToken',
  'beatToken',
] as const;
export type Secret = (typeof SECRETS)[number];
export type Value = { readonly secret: Secret } | { readonly text: string };

const secret = (...names: Secret[]) => fc.constantFrom(...names).map((name): Value => ({ secret: name }));
const text = (value: fc.Arbitrary<string>) => value.map((found): Value => ({ text: found }));
const odd = fc.constantFrom(
  '',
  '../',
  '%2e%2e%2f',
  '\0',
  '\ud800',
  '__proto__',
  'x'.repeat(2000),
  '💥'.repeat(9000),
  'bu\u0456ld',
  '-1',
  '0',
  '1e3',
  '9007199254740993',
  'true',
);
/** A good one, another's, or none at all; one of them twice is not to be taken for one. */
const header = (...names: Secret[]) =>
  fc.oneof(
    { weight: 8, arbitrary: secret(...names) },
    { weight: 1, arbitrary: secret(...SECRETS) },
    { weight: 1, arbitrary: text(fc.string({ maxLength: 80 })) },
  );

const value = fc.oneof(
  secret('heldId', 'waitingId', 'holderId', 'idleId', 'otp'),
  text(
    fc.oneof(
      odd,
      fc.constantFrom('ios', 'android', 'info', SHA256, '1', `1-${'u'.repeat(21)}`),
      fc.string({ unit: 'binary' }),
    ),
  ),
);

const INPUTS = join(import.meta.dirname, '../../lib/runtime/inputs');

/** Of every schema that an endpoint has: a new one cannot be forgotten here. */
const FIELDS = await fieldsOfAllInputs();
const fieldName = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...FIELDS, '__proto__') },
  { weight: 1, arbitrary: fc.string() },
);
const json = fc.oneof(
  fc.jsonValue({ noUnicodeString: false }),
  fc.constantFrom<unknown>(true, false, 0, 1, -1, 2 ** 53, 1.5, {}, [], { platforms: ['ios', 'windows'] }, [
    { level: 'info', message: 'x' },
    7,
  ]),
);
/** No JSON object at all, each in a way that has ended some parser. */
const rawJson = fc.constantFrom(
  '',
  '[]',
  'null',
  'NaN',
  '{"a":NaN}',
  '{"a":1e999}',
  '{"a":1,"a":2}',
  '{"__proto__":{"a":1}}',
  '"\\ud800"',
  '\0',
  '['.repeat(100_000),
  '{"a":'.repeat(50_000),
  `{"message":"${'m'.repeat(1_000_000)}","level":"info"}`,
  `{"message":"\u001b[31mred","level":"info"}`,
);
const part = fc.record({
  name: fc.oneof(fc.constantFrom('source', 'result', 'platform', 'build_id', 'success'), fc.string()),
  value: fc.string({ unit: 'binary' }),
});
const filePart = fc.record({
  name: fc.constantFrom('source', 'result', 'certs', 'profile', 'artifact', 'x'),
  value: fc.string(),
  filename: fc.string(),
});

export const generatedRequest = fc.record({
  route: fc.constantFrom(...ROUTES, { method: 'GET', path: '/{id}' }, { method: 'POST', path: '/api/{id}' }),
  method: fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH') },
  ),
  id: fc.oneof({ weight: 3, arbitrary: secret('heldId', 'waitingId') }, { weight: 1, arbitrary: value }),
  query: fc.dictionary(fieldName, value, { maxKeys: 2 }),
  headers: fc.record(
    {
      'x-api-key': header('key'),
      'x-worker-token': header('holder', 'idle', 'expired'),
      'x-build-token': header('heldToken', 'waitingToken'),
      'x-vm-token': header('vmToken', 'beatToken'),
      'x-worker-id': header('holderId', 'idleId'),
      'x-build-id': header('heldId', 'waitingId'),
      'content-type': text(
        fc.constantFrom(
          'application/json',
          'multipart/form-data',
          'text/plain',
          'application/x-www-form-urlencoded',
          'x',
        ),
      ),
    },
    { requiredKeys: [] },
  ),
  body: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('fields' as const),
        fields: fc.dictionary(
          fieldName,
          fc.oneof(
            value,
            json.map((of) => ({ json: of })),
          ),
        ),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('form' as const),
        parts: fc.array(fc.oneof(part, filePart)),
        end: fc.constantFrom('--b--\r\n', '--b--', '', '--b', '\r\n--b--\r\n'),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('raw' as const),
        raw: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), fc.json(), rawJson),
      }),
    },
    { weight: 4, arbitrary: fc.constant({ kind: 'none' as const }) },
  ),
});
export type GeneratedRequest = typeof generatedRequest extends fc.Arbitrary<infer T> ? T : never;

async function fieldsOfAllInputs(): Promise<string[]> {
  const found = new Set<string>();
  for (const name of readdirSync(INPUTS)) {
    const schemas: Record<string, unknown> = await import(join(INPUTS, name));
    for (const schema of Object.values(schemas)) for (const field of fieldsOf(schema)) found.add(field);
  }
  if (found.size < 15) throw new Error('the inputs name fewer fields than they did: are they still where they were?');
  return [...found].sort();
}

function fieldsOf(schema: unknown): string[] {
  return typeof schema === 'object' && schema !== null && 'shape' in schema ? Object.keys(schema.shape ?? {}) : [];
}
