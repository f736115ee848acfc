import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BadInputWorld, ROUTES, SHA256, startBadInputWorld } from '../support/bad-input-world.ts';
import { faultOf, MULTIPART, multipart, rawRequest } from '../support/raw-http.ts';

const RUNS = 1500;

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
] as const;
type Secret = (typeof SECRETS)[number];
type Value = { readonly secret: Secret } | { readonly text: string };

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
  '-1',
  '0',
  '1e3',
  '9007199254740993',
  'true',
);
const header = (...names: Secret[]) =>
  fc.oneof({ weight: 4, arbitrary: secret(...names) }, { weight: 1, arbitrary: text(fc.string({ maxLength: 80 })) });

const value = fc.oneof(
  secret('heldId', 'waitingId', 'holderId', 'idleId'),
  text(
    fc.oneof(
      odd,
      fc.constantFrom('ios', 'android', 'info', SHA256, '1', `1-${'u'.repeat(21)}`),
      fc.string({ unit: 'binary' }),
    ),
  ),
);
const FIELDS = [
  'platform',
  'upload_id',
  'build_id',
  'worker_id',
  'id',
  'attempt',
  'size',
  'sha256',
  'filename',
  'level',
  'message',
  'logs',
  'success',
  'error',
  'error_message',
  'name',
  'capabilities',
  'active_build_count',
  'limit',
  'cursor',
  '__proto__',
];
const fieldName = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FIELDS) }, { weight: 1, arbitrary: fc.string() });
const json = fc.oneof(
  fc.jsonValue({ noUnicodeString: false }),
  fc.constantFrom<unknown>(true, false, 0, 1, -1, 2 ** 53, 1.5, {}, [], { platforms: ['ios', 'windows'] }, [
    { level: 'info', message: 'x' },
    7,
  ]),
);
const part = fc.record({
  name: fc.oneof(fc.constantFrom('source', 'result', 'platform', 'build_id', 'success'), fc.string()),
  value: fc.string({ unit: 'binary' }),
});
const filePart = fc.record({
  name: fc.constantFrom('source', 'result', 'x'),
  value: fc.string(),
  filename: fc.string(),
});

const request = fc.record({
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
      'x-worker-id': header('holderId', 'idleId'),
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
    fc.record({
      kind: fc.constant('fields' as const),
      fields: fc.dictionary(
        fieldName,
        fc.oneof(
          value,
          json.map((of) => ({ json: of })),
        ),
      ),
    }),
    fc.record({
      kind: fc.constant('form' as const),
      parts: fc.array(fc.oneof(part, filePart)),
      end: fc.constantFrom('--b--\r\n', '--b--', '', '--b', '\r\n--b--\r\n'),
    }),
    fc.record({
      kind: fc.constant('raw' as const),
      raw: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), fc.json()),
    }),
    fc.constant({ kind: 'none' as const }),
  ),
});
type Generated = typeof request extends fc.Arbitrary<infer T> ? T : never;

describe('1,500 requests that nobody thought of', () => {
  let world: BadInputWorld;
  let real: Record<Secret, string>;
  beforeAll(async () => {
    world = await startBadInputWorld();
    const { controller, holder, idle, expired, held, waiting } = world;
    const tokens = { key: controller.apiKey, holder: holder.token, idle: idle.token, expired: expired.token };
    const ids = { heldId: held.id, waitingId: waiting.id, holderId: holder.id, idleId: idle.id };
    real = { ...tokens, ...ids, heldToken: held.token, waitingToken: waiting.token };
  });
  afterAll(() => world.close());

  const read = (found: Value) => ('secret' in found ? real[found.secret] : found.text);
  const each = <T>(values: Readonly<Record<string, T>>, render: (found: T) => unknown) =>
    Object.fromEntries(Object.entries(values).map(([name, found]) => [name, render(found)]));

  function rendered({ route, method, id, query, headers, body }: Generated) {
    const search = new URLSearchParams(
      Object.entries(query).map(([name, found]): [string, string] => [name, read(found).toWellFormed()]),
    );
    const path = route.path.replace('{id}', () => encodeURIComponent(read(id).toWellFormed()).slice(0, 3000));
    const own = each(headers, (found) => read(found)) as Record<string, string>;
    const target = { method: method ?? route.method, path: `${path}?${search}`.slice(0, 6000) };
    switch (body.kind) {
      case 'fields': {
        const fields = each(body.fields, (found) => ('json' in found ? found.json : read(found)));
        return { ...target, headers: { 'content-type': 'application/json', ...own }, body: JSON.stringify(fields) };
      }
      case 'form':
        return { ...target, headers: { ...own, ...MULTIPART }, body: multipart(body.parts, body.end) };
      case 'raw':
        return { ...target, headers: own, body: body.raw };
      case 'none':
        return { ...target, headers: own };
    }
  }

  it('are never answered by a 5xx, and refused in one form', async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(request, async (generated) => {
        const answer = await rawRequest(world.controller.url, rendered(generated));
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
        if (answer.status >= 400) expect(faultOf(answer)).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
    // Else the generator would have gone blind: some must get through, and be refused for each kind of reason.
    for (const status of [200, 400, 401, 403, 404, 409]) expect(seen.get(status) ?? 0, `${status}`).toBeGreaterThan(5);
  });
});
