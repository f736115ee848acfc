import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BadInputWorld, ROUTES, SHA256, startBadInputWorld } from '../support/bad-input-world.ts';
import { faultOf, MULTIPART, multipart, rawRequest } from '../support/raw-http.ts';

const UPLOAD = `1-${'u'.repeat(21)}`;

describe('bad bodies', () => {
  let world: BadInputWorld;
  beforeAll(async () => {
    world = await startBadInputWorld();
  });
  afterAll(() => world.close());

  describe('in JSON', () => {
    // Whatever comes as a log is kept as one: its own tests say how.
    const posts = ROUTES.filter(({ method, path }) => method === 'POST' && !path.endsWith('/logs'));
    const broken = [
      '[]',
      'null',
      '7',
      '"x"',
      'true',
      '{',
      '{"a":',
      '{"a":1}}',
      '\0',
      '{"a":NaN}',
      "{'a':1}",
      '[{}]',
      '\ufeffx',
      'a=b&c=d',
    ];

    it.each(posts)('$route refuses what is no object', async ({ method, path }) => {
      const deep = ['['.repeat(1e6), '{"a":'.repeat(2e5), `${'['.repeat(1e5)}${']'.repeat(1e5)}`];
      const bodies = [
        ...broken,
        ...deep,
        JSON.stringify('x'.repeat(1e6)),
        Buffer.from([0xff, 0xfe, 0x00]),
        randomBytes(1000),
      ];
      const types = [
        'application/json',
        'text/plain',
        'application/octet-stream',
        'application/x-www-form-urlencoded',
        'x',
      ];
      const typed = types.map((type) => ({
        method,
        path: world.pathOf(path),
        headers: { ...world.asKey(), 'content-type': type },
        body: '{',
      }));
      await world.refuseAll([
        ...bodies.map((body) => ({ method, path: world.pathOf(path), headers: world.asKey(), body })),
        ...typed,
      ]);
    });

    const NUMBERS = [-1, 0, 1.5, 2 ** 53, 1e300, '1e3', '-1', '', ' 1', 'x', null, true, [1], { a: 1 }];
    const IDS = ['', '../x', '%2e%2e%2f', 'x'.repeat(2000), 'bu\u0456ld', 'a\0b', '\ud800', 7, null, [], {}];
    const attempts = NUMBERS.map((attempt) => ({ attempt }));
    const workerIds = IDS.map((worker_id) => ({ worker_id }));
    const sizes = [...NUMBERS, undefined].map((size) => ({ size, sha256: SHA256 }));
    const digests = [...IDS, undefined, 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65)].map((sha256) => ({
      size: 1,
      sha256,
    }));
    const parts = [
      ...[null, 7, [], {}, 'x', { size: 2 ** 23 }, { sha256s: [SHA256] }],
      ...NUMBERS.map((size) => ({ size, sha256s: [SHA256] })),
      ...[...IDS, [], [SHA256, SHA256], [7], Array(1001).fill(SHA256)].map((sha256s) => ({ size: 2 ** 23, sha256s })),
    ];
    const filenames = [
      ...IDS.filter((id) => id !== '%2e%2e%2f' && !/^(x{2000}|bu)/.test(String(id))),
      'x'.repeat(201),
      '.hidden',
      'a/b',
      'a\\b',
      'a\nb',
    ];
    const noBuild = [...IDS, undefined].map((build_id) => ({ build_id, success: false, error: 'x' }));
    const goodReport = () => ({ worker_id: world.holder.id, status: 'healthy', duration_ms: 1, checks: [] });
    const own = () => ({ build_id: world.held.id });

    const notLabels = [
      ...[
        null,
        7,
        true,
        {},
        [7],
        [null],
        [''],
        ['Signing'],
        ['a b'],
        ['-a'],
        ['a,b'],
        ['\u0430'],
        ['a\0'],
        'A',
        'a b',
        'a;b',
      ],
      ...[['a'.repeat(41)], 'a'.repeat(41), Array.from({ length: 11 }, (_, index) => `label-${index}`)],
    ];
    const badLabels = notLabels.map((labels) => ({ labels }));
    const priorities = [-1, 11, 1.5, 2 ** 53, '-1', '11', '1.5', ' 1', '1e1', '', 'x', null, true, [1], {}];

    const cases: Record<string, () => readonly unknown[]> = {
      '/api/uploads': () => [
        ...[...sizes, ...digests, { size: 2 ** 41, sha256: SHA256 }],
        ...parts.map((bad) => ({ size: 1, sha256: SHA256, parts: bad })),
        ...[true, 'NOW', '', null, ['now'], {}].map((reuse) => ({ size: 1, sha256: SHA256, reuse })),
      ],
      '/api/builds': () => [
        ...[...IDS, undefined, 'windows', 'iOS', '\u0456os', 'ios '].map((platform) => ({
          platform,
          upload_id: 'u'.repeat(21),
        })),
        ...[...IDS, undefined, 'u'.repeat(21), '__proto__'].map((upload_id) => ({ platform: 'ios', upload_id })),
        ...[...badLabels, { labels: ['a', 'b', 'c', 'd', 'e', 'f'] }, { labels: 'a,b,c,d,e,f' }].map((bad) => ({
          platform: 'ios',
          upload_id: 'u'.repeat(21),
          ...bad,
        })),
        ...priorities.map((priority) => ({ platform: 'ios', upload_id: 'u'.repeat(21), priority })),
      ],
      '/api/keys': () => [
        ...[...IDS, undefined]
          .filter((id) => !/^(\.\.|%2e|x{2000}|bu|a.b|.$)/.test(String(id)))
          .map((name) => ({
            name,
            scopes: ['submit'],
          })),
        ...[undefined, null, 'submit', [], ['all'], [7], {}].map((scopes) => ({ name: 'x', scopes })),
        ...NUMBERS.map((expires_days) => ({ name: 'x', scopes: ['submit'], expires_days })),
      ],
      '/api/workers/register': () => [
        ...[undefined, null, '', '   ', '\0\0', '\u200b\u202e', 7, [], {}].map((name) => ({ name, capabilities: {} })),
        ...[undefined, null, [], 'ios', 7, true].map((capabilities) => ({ name: 'x', capabilities })),
        ...badLabels.map((bad) => ({ name: 'x', capabilities: {}, ...bad })),
      ],
      '/api/builds/{id}/logs': () => [
        ...[{}, { logs: 'x' }, { logs: {} }, { logs: null }, { level: 'info' }, { message: 'x' }].map((body) => body),
        ...['debug', 'INFO', '', 7, null, ['info']].map((level) => ({ level, message: 'x' })),
        ...[7, null, [], {}, true].map((message) => ({ level: 'info', message })),
        ...[...attempts, ...workerIds].map((bad) => ({ level: 'info', message: 'x', ...bad })),
      ],
      '/api/builds/{id}/authenticate': () =>
        ['', 'x'.repeat(257), 'x'.repeat(2000), 7, null, true, [], {}, undefined].map((otp) => ({ otp })),
      // By the key nothing of it is allowed, whatever it says.
      '/api/builds/{id}/vm-ready': () => [...attempts, ...workerIds],
      '/api/builds/{id}/artifact': () => [...attempts, ...workerIds],
      '/api/builds/{id}/telemetry': () => [
        ...[undefined, null, 'cpu', 7, [], {}].map((type) => ({ type, data: {} })),
        ...[null, 'x', 7, []].map((data) => ({ type: 'heartbeat', data })),
      ],
      '/api/workers/heartbeat': () => [...noBuild, ...attempts.map((bad) => ({ ...own(), ...bad }))],
      '/api/builds/{id}/heartbeat': () => [...attempts, ...workerIds, { attempt: 2 }, { attempt: '2' }],
      '/api/builds/{id}/uploads': () => [
        ...[...sizes, ...digests],
        ...[...attempts, ...workerIds, { attempt: 2 }].map((bad) => ({ size: 1, sha256: SHA256, ...bad })),
        ...filenames.map((filename) => ({ size: 1, sha256: SHA256, filename })),
        { size: 2 ** 43, sha256: SHA256 },
        ...parts.map((bad) => ({ size: 1, sha256: SHA256, parts: bad })),
      ],
      '/api/builds/{id}/uploads/{upload_id}/complete': () => [...attempts, ...workerIds, { attempt: 2 }],
      '/api/workers/result': () => [
        ...noBuild,
        ...[...attempts, ...workerIds, { attempt: 2 }].map((bad) => ({ ...own(), success: false, ...bad })),
        ...[null, 'maybe', 'TRUE', 1, [], {}].map((success) => ({ ...own(), success, upload_id: UPLOAD })),
        ...[7, null, [], {}].map((error_message) => ({ ...own(), success: false, error_message })),
        ...[7, null, 'cancelled', []].map((failure_kind) => ({ ...own(), success: false, failure_kind })),
        ...[...IDS, undefined, UPLOAD, '1-x', '0-x', `2-${'u'.repeat(21)}`, '__proto__'].map((upload_id) => ({
          ...own(),
          upload_id,
        })),
        { build_id: 'no-such-build', success: false },
        { build_id: world.waiting.id, success: false },
      ],
      '/api/workers/abandon': () => [
        ...noBuild,
        ...[...attempts, ...workerIds, { attempt: 2 }].map((bad) => ({ build_id: world.held.id, ...bad })),
        { build_id: 'no-such-build' },
        { build_id: world.waiting.id },
      ],
      '/api/diagnostics/report': () => [
        ...workerIds.map((bad) => ({ ...goodReport(), ...bad })),
        ...[undefined, null, 'HEALTHY', '', 7, [], {}].map((status) => ({ ...goodReport(), status })),
        ...[undefined, null, '3', {}].map((duration_ms) => ({ ...goodReport(), duration_ms })),
        ...[undefined, null, 'x', 7, {}].map((checks) => ({ ...goodReport(), checks })),
      ],
      '/api/queues/{platform}/pause': () =>
        [undefined, null, '', '   ', '\0\0', '\u200b\u202e', 7, true, [], {}].map((reason) => ({ reason })),
      '/api/workers/{worker_id}/drain': () => [null, 'yes', 'true', 0, 1, [], {}].map((draining) => ({ draining })),
      '/api/workers/fail': () => [
        ...noBuild,
        ...[...attempts, ...workerIds, { attempt: 2 }].map((bad) => ({ ...own(), error: 'x', ...bad })),
        ...[7, null, [], {}].map((error) => ({ ...own(), error })),
        ...[7, null, 'cancelled', []].map((failure_kind) => ({ ...own(), failure_kind })),
        { build_id: 'no-such-build' },
        { build_id: world.waiting.id },
      ],
    };
    const sameAs: Record<string, string> = {
      '/api/builds/submit': '/api/builds',
      '/api/workers/upload': '/api/workers/result',
    };
    // These take no fields.
    const typed = posts.filter(
      ({ path }) => !/\/(cancel|retry|unregister|revoke|redrive|resume)$|^\/api\/uploads\/.*complete$/.test(path),
    );

    it.each(typed)('$route refuses wrong fields', async ({ method, path }) => {
      const bodies = cases[sameAs[path] ?? path]?.() ?? [];
      expect(bodies.length).toBeGreaterThan(5);
      const headers = { ...world.asKey(), 'content-type': 'application/json' };
      await world.refuseAll(
        bodies.map((body) => ({ method, path: world.pathOf(path), headers, body: JSON.stringify(body) })),
      );
    });

    it('takes nothing from a prototype, and the last of two equal names', async () => {
      const hidden = `{"__proto__":{"platform":"ios","upload_id":"${'u'.repeat(21)}","name":"x","capabilities":{},"build_id":"${world.held.id}"},`;
      const headers = { ...world.asKey(), 'content-type': 'application/json' };
      const bodies = [
        `${hidden}"a":1}`,
        `{"constructor":{"prototype":{"platform":"ios"}}}`,
        '{"platform":"ios","platform":"windows"}',
      ];
      const paths = ['/api/builds', '/api/workers/register', '/api/workers/fail', '/api/workers/result'];
      await world.refuseAll(paths.flatMap((path) => bodies.map((body) => ({ method: 'POST', path, headers, body }))));
    });
  });

  describe('in forms', () => {
    const file = { name: 'source', value: 'PK', filename: 'p.zip' };
    const platform = { name: 'platform', value: 'ios' };
    const cut = '--b\r\nContent-Disposition: form-data; name="source"; filename="p.zip"\r\n\r\nPK';

    it.each(['/api/builds/submit', '/api/builds', '/api/workers/upload', '/api/workers/result'])(
      'POST %s refuses a malformed one',
      async (path) => {
        const build = { name: 'build_id', value: world.held.id };
        const named = [platform, build, { name: 'success', value: 'false' }];
        const good = multipart([...named, file]);
        const bodies = [
          '',
          'garbage',
          '--b',
          '--b--',
          '--b\r\n',
          cut,
          `${cut}--`,
          `${multipart(named, '')}${cut}`,
          multipart([...named, file], ''),
          good.replaceAll('--b', '--c'),
          multipart([...named, file, file]),
          multipart([...named, ...named, file]),
          multipart([file, ...named, { ...file, filename: 'second.zip' }]),
          multipart(Array.from({ length: 1000 }, (_, index) => ({ name: `f${index}`, value: 'x' }))),
          multipart([...named, ...Array.from({ length: 1000 }, (_, index) => ({ ...file, name: `f${index}` }))]),
          multipart([...named, { name: 'error_message', value: 'x'.repeat(70_000) }, file]),
          `--b\r\n${'X-Header: y\r\n'.repeat(10_000)}Content-Disposition: form-data; name="source"; filename="x"\r\n\r\nPK\r\n--b--`,
          good.replaceAll('form-data;', 'attachment;'),
          Buffer.from(good).toString('base64'),
        ];
        const types = [
          'multipart/form-data',
          'multipart/form-data; boundary=',
          `multipart/form-data; boundary=${'b'.repeat(8000)}`,
          'multipart/form-data; boundary="',
          'multipart/form-data; boundary=c',
          'multipart/mixed; boundary=b',
          'application/json',
          'MULTIPART/FORM-DATA; boundary=c; boundary=b',
          '',
        ];
        const headers = { ...world.asKey(), ...MULTIPART };
        await world.refuseAll([
          ...bodies.map((body) => ({ method: 'POST', path, headers, body })),
          ...types.map((type) => ({ method: 'POST', path, headers: { ...headers, 'content-type': type }, body: good })),
        ]);
      },
    );

    it('a submit needs a platform and a source that is a file with bytes', async () => {
      const forms = [
        [file],
        [platform],
        [platform, { ...file, value: '' }],
        [platform, { name: 'source', value: 'PK' }],
        [platform, { ...file, name: 'Source' }],
        ...['windows', '', 'IOS', 'ios\0', '\u0456os'].map((value) => [{ name: 'platform', value }, file]),
        ...['A', 'a b', 'a,b,c,d,e,f'].map((value) => [platform, { name: 'labels', value }, file]),
        [platform, ...['a', 'b', 'c', 'd', 'e', 'f'].map((value) => ({ name: 'labels', value })), file],
        ...['11', '-1', 'high'].map((value) => [platform, { name: 'priority', value }, file]),
      ];
      await world.refuseAll(
        forms.map((parts) => ({
          method: 'POST',
          path: '/api/builds/submit',
          headers: { ...world.asKey(), ...MULTIPART },
          body: multipart(parts),
        })),
      );
    });

    it('more than the platform carries is too large, and the answer names the other way', async () => {
      for (const size of [4_800_000, 11 * 1024 ** 2]) {
        const body = multipart([platform, { ...file, value: 'x'.repeat(size) }]);
        const answer = await rawRequest(world.controller.url, {
          method: 'POST',
          path: '/api/builds',
          headers: { ...world.controller.key, ...MULTIPART },
          body,
        });
        expect(faultOf(answer)).toBeUndefined();
        expect([answer.status, answer.body?.['error']]).toEqual([413, expect.stringContaining('POST /api/uploads')]);
      }
    });
  });
});
