import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { checkedIn, checkedInTypes, generated, generatedTypes } from '../../infra/openapi/generate.ts';
import { ACCESS } from '../../lib/runtime/access.ts';
import openapi from '../../lib/runtime/openapi.json' with { type: 'json' };
import { undescribed } from '../support/described-answers.ts';

const HEADERS = { 'content-type': 'application/json' };
const HEALTH = { status: 'ok', queue: { pending: 0, active: 0 }, storage: {} };
const STATUS = 'GET /api/builds/{id}/status';

const answer = (status: number, value: unknown, headers: Record<string, string> = HEADERS) => ({
  status,
  headers,
  body: JSON.stringify(value),
});
const refusal = (code: string) => ({ error: 'why', code, requestId: 'r' });

describe('the description of the API', () => {
  it('is checked in as it is generated', async () => {
    const isSame = (await checkedIn()) === (await generated());
    expect(isSame, 'lib/runtime/openapi.json is out of date: run `npm run openapi` and look at what has changed').toBe(
      true,
    );
  });

  it('has types made of it, and checked in as they are generated', async () => {
    const isSame = (await checkedInTypes()) === generatedTypes(await generated());
    expect(isSame, 'lib/client/api-types.ts is out of date: run `npm run openapi`').toBe(true);
  });

  it('is OpenAPI 3.1 to a validator', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(openapi))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has every route that a function takes, and no other', () => {
    const routes = FUNCTIONS.flatMap(({ trigger }) => (trigger.kind === 'http' ? trigger.routes : []));
    const described = Object.entries(openapi.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(routes.filter((route) => route !== '$default').sort());
  });

  it('names each operation once', () => {
    const names = Object.values(openapi.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('says of each operation who may call it, as the access table does', () => {
    const { get: status } = openapi.paths['/api/builds/{id}/status'];
    expect(status.security).toEqual([{ apiKey: ['read'] }, { buildToken: [] }]);
    expect(openapi.paths['/health'].get.security).toEqual([]);
    const holder = ACCESS.heartbeat.tokens.map((token) => ({ [`${token}Token`]: [] }));
    expect(openapi.paths['/api/builds/{id}/heartbeat'].post.security).toEqual([
      { apiKey: [ACCESS.heartbeat.key] },
      ...holder,
    ]);
    const used = Object.values(openapi.paths)
      .flatMap((item) => Object.values(item).flatMap(({ security }) => security))
      .flatMap((requirement) => Object.keys(requirement));
    expect(new Set(used)).toEqual(new Set(Object.keys(openapi.components.securitySchemes)));
  });
});

describe('an answer under test', () => {
  it.each([
    ['GET /health', answer(200, HEALTH)],
    [STATUS, answer(404, refusal('build_not_found'))],
    ['$default', answer(404, refusal('not_found'))],
    [STATUS, answer(503, { message: 'Service Unavailable' })],
  ])('is let pass as described: %s %j', (route, sent) => expect(undescribed(route, sent)).toBeUndefined());

  it.each([
    ['a status that is not described', 'GET /health', answer(204, HEALTH), 'answered 204, which'],
    ['a route that is not described', 'GET /nowhere', answer(200, HEALTH), 'answered 200, which'],
    ['a field too many', 'GET /health', answer(200, { ...HEALTH, more: 1 }), 'must NOT have additional properties'],
    ['a field too few', 'GET /health', answer(200, { status: 'ok' }), "must have required property 'queue'"],
    ['a field of another type', 'GET /health', answer(200, { ...HEALTH, status: 1 }), 'it/status must be'],
    [
      'a code that is not the endpoint’s',
      STATUS,
      answer(404, refusal('key_not_found')),
      'it/code must be equal to one',
    ],
    ['a code without its request', STATUS, answer(404, { error: 'why', code: 'build_not_found' }), 'requestId'],
    [
      'another content',
      'GET /health',
      answer(200, HEALTH, { 'content-type': 'text/html' }),
      'the content is text/html',
    ],
    [
      'a header too few',
      'GET /api/builds/{id}/download',
      answer(302, { url: 'http://x' }),
      'without the header location',
    ],
    ['a route taken by nobody, without a code', '$default', answer(404, { message: 'Not Found' }), "property 'error'"],
  ])('is refused for %s', (_what, route, sent, why) => expect(undescribed(route, sent)).toContain(why));
});
