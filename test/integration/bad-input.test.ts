import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BadInputWorld,
  PROTECTED,
  ROUTES,
  ruleOf,
  startBadInputWorld,
  tokensOf,
} from '../support/bad-input-world.ts';
import { rawRequest } from '../support/raw-http.ts';

const isForKeys = (route: string) => ruleOf(route).for === 'project';
const isForHolders = (route: string) => ruleOf(route).for === 'holder' && 'key' in ruleOf(route);
const isForMachines = (route: string) => tokensOf(route).includes('vm');

describe('bad input', () => {
  let world: BadInputWorld;
  beforeAll(async () => {
    world = await startBadInputWorld();
  });
  afterAll(() => world.close());

  describe('in credentials, before anything is said about the rest', () => {
    const strangers = (): Record<string, Record<string, string | string[]>> => {
      const { apiKey } = world.controller;
      return {
        none: {},
        'an empty key': { 'x-api-key': '' },
        'a wrong key': { 'x-api-key': randomBytes(32).toString('base64url') },
        'all but the last character': { 'x-api-key': apiKey.slice(0, -1) },
        'one character more': { 'x-api-key': `${apiKey}x` },
        'the other case': {
          'x-api-key': apiKey.replace(/[a-z]/gi, (c) => (c < 'a' ? c.toLowerCase() : c.toUpperCase())),
        },
        'the key twice': { 'x-api-key': [apiKey, apiKey] },
        'a long key': { 'x-api-key': 'k'.repeat(8000) },
        'a bearer': { authorization: `Bearer ${apiKey}` },
        'the key as a virtual machine': { 'x-vm-token': apiKey },
        'ids only': { 'x-worker-id': world.holder.id, 'x-build-id': world.held.id },
      };
    };

    it.each(PROTECTED)('$route refuses every stranger, whatever the body', async ({ route, method, path }) => {
      const bodies = [world.goodBody(route).body, '{', '[]', JSON.stringify({ platform: 7, attempt: -1 })];
      await world.refuseAll(
        Object.values(strangers()).flatMap((headers) => {
          // What may be a token of a machine is looked up: there is none, or it is none of this build's.
          const isLookedUp = 'x-vm-token' in headers && isForMachines(route);
          const codes = isLookedUp ? /^(lease_lost|not_assigned|invalid_request)$/ : /^(missing|invalid)_credential$/;
          return bodies.map((body) => ({ method, path: world.pathOf(path), headers, codes, ...(body && { body }) }));
        }),
      );
    });

    it.each(PROTECTED)('$route refuses every token that is not for it', async ({ route, method, path }) => {
      const unknown = { 'x-worker-token': `${'w'.repeat(21)}${'t'.repeat(43)}` };
      const tokens: Record<string, string>[] = [
        { 'x-worker-token': 'nonsense' },
        { 'x-worker-token': `${world.holder.token}x` },
        { 'x-worker-token': world.holder.token.slice(0, -1) },
        { 'x-worker-token': `${world.holder.id}${'t'.repeat(43)}` },
        { 'x-worker-token': world.expired.token },
        { 'x-build-token': world.waiting.token },
        { 'x-build-token': world.holder.token },
        { 'x-build-token': 'nonsense' },
        unknown,
        { ...unknown, 'x-build-token': world.waiting.token },
      ];
      if (isForKeys(route))
        tokens.push({ 'x-worker-token': world.holder.token }, { 'x-build-token': world.held.token });
      if (isForHolders(route)) tokens.push({ 'x-build-token': world.held.token });
      const body = world.goodBody(route);
      const codes = /^((missing|invalid)_credential|worker_token_invalid)$/;
      await world.refuseAll(tokens.map((headers) => ({ method, path: world.pathOf(path), headers, codes, ...body })));
    });

    it.each(PROTECTED.filter(({ route }) => isForHolders(route)))(
      '$route refuses a good worker that does not hold the build',
      async ({ route, method, path }) => {
        const body = world.goodBody(route);
        const claims = [
          { 'x-worker-token': world.idle.token },
          { ...world.controller.key, 'x-worker-id': world.idle.id, 'x-build-id': world.held.id },
        ];
        await world.refuseAll(
          claims.map((headers) => ({
            method,
            path: world.pathOf(path),
            headers,
            codes: /^(lease_lost|not_assigned)$/,
            ...body,
          })),
        );
      },
    );

    it('says the same of a build that is not there as of one that is another’s', async () => {
      const headers = { 'x-build-token': world.waiting.token };
      for (const { method, path } of PROTECTED.filter(({ route }) =>
        /\{id\}\/(status|logs|download|cancel)$/.test(route),
      )) {
        const [other, absent] = await Promise.all(
          [world.held.id, 'no-such-build'].map((id) =>
            rawRequest(world.controller.url, { method, path: world.pathOf(path, id), headers }),
          ),
        );
        expect({ ...absent?.body, requestId: '' }).toEqual({ ...other?.body, requestId: '' });
      }
    });
  });

  describe('in paths', () => {
    const ids = [
      '..%2f..%2fetc',
      '%2e%2e%2f',
      '..',
      'a'.repeat(2000),
      '%D0%B0bc',
      '%00',
      '%0a',
      '%ff',
      '%',
      '%7B%7D',
      'a%20b',
      'a#b',
      'a,b',
      '💥',
    ];

    it.each(ROUTES.filter(({ path }) => path.includes('{id}')))(
      '$route refuses what is no id',
      async ({ route, method, path }) => {
        const body = world.goodBody(route);
        const paths = [...ids, ''].map((id) =>
          encodeURI(world.pathOf(path, '{id}')).replace(
            '%7Bid%7D',
            id.replace('💥', '%F0%9F%92%A5').replace('#', '%23'),
          ),
        );
        await world.refuseAll(paths.map((bad) => ({ method, path: bad, headers: world.asKey(), ...body })));
      },
    );

    it('an unknown route or method is not found', async () => {
      const methods = ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
      const isRoute = (method: string, path: string) => ROUTES.some(({ route }) => route === `${method} ${path}`);
      const wrong = ROUTES.flatMap(({ path }) =>
        methods.filter((method) => !isRoute(method, path)).map((method) => ({ method, path: world.pathOf(path) })),
      );
      const paths = [
        '/api',
        '/api/builds/x/y/z',
        '/api/workers/poll/',
        '/API/BUILDS',
        '/..',
        '/api/../health',
        '/dashboard',
        '/favicon.ico',
        `/${'x'.repeat(4000)}`,
      ];
      const unknown = paths.map((path) => ({ method: 'GET', path }));
      const bodies = ['{', '\0', 'x'.repeat(100_000)].map((body) => ({ method: 'POST', path: '/nowhere', body }));
      await world.refuseAll(
        [...wrong, ...unknown, ...bodies].map((request) => ({
          ...request,
          headers: world.asKey(),
          codes: /^not_found$/,
        })),
      );
    });
  });

  describe('in headers and queries', () => {
    it.each(PROTECTED.filter(({ route }) => isForHolders(route)))(
      '$route refuses a worker id that is none',
      async ({ route, method, path }) => {
        const body = world.goodBody(route);
        const bad = ['../x', 'x'.repeat(3000), 'a b', 'a,b', '#', 'é'];
        const headers = bad.map((id) => ({ ...world.controller.key, 'x-worker-id': id }));
        await world.refuseAll(
          headers.map((header) => ({ method, path: world.pathOf(path), headers: header, ...body })),
        );
        const twice = { ...world.controller.key, 'x-worker-id': [world.holder.id, world.holder.id] };
        await world.refuseAll([{ method, path: world.pathOf(path), headers: twice, ...body }]);
        if (route.includes('{id}')) {
          const query = bad.slice(0, 5).map((id) => `${world.pathOf(path)}?worker_id=${encodeURIComponent(id)}`);
          await world.refuseAll(
            query.map((badPath) => ({ method, path: badPath, headers: world.controller.key, ...body })),
          );
        }
      },
    );

    it('numbers in queries are whole and within their limits', async () => {
      const limits = ['', '0', '-1', '101', '1e3', '1.5', 'NaN', 'Infinity', 'x', '1,2', '%00', '9007199254740993'];
      const cursors = ['-1', '1.5', 'x', 'NaN', '1e99', '9007199254740993', '%00', '1,2'];
      const places = [
        'x',
        '',
        '../',
        '0000000000000#',
        '0000000000000#..%2f',
        `0000000000000%23${'x'.repeat(65)}`,
        '%00',
      ];
      await world.refuseAll(
        [
          ...limits.map((limit) => `/api/builds?limit=${limit}`),
          '/api/builds?limit=1&limit=2',
          ...places.map((cursor) => `/api/builds?cursor=${cursor}`),
          ...cursors.map((cursor) => `/api/builds/${world.held.id}/logs?cursor=${cursor}`),
          ...['../', 'a%20b', '', '%00', 'x'.repeat(65)].map((id) => `/api/workers/poll?worker_id=${id}`),
        ].map((path) => ({ method: 'GET', path, headers: world.controller.key })),
      );
    });
  });
});
