import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { protectedRoutes } from '../../infra/http-api.ts';
import openapi from '../../lib/runtime/openapi.json' with { type: 'json' };
import configuration from '../../serverless.ts';

const { Properties } = configuration.resources.extensions.HttpApiStage;

/** No emulator acts on these: that they are deployed is all that can be shown of them. */
describe('the HTTP API', () => {
  it('limits every route, and heartbeats in a class of their own that others cannot exhaust', () => {
    const ordinary = Properties.DefaultRouteSettings;
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the framework's own placeholders
    expect(ordinary).toMatchObject({
      ThrottlingRateLimit: '${param:ROUTE_RATE}',
      ThrottlingBurstLimit: '${param:ROUTE_BURST}',
    });
    const heartbeat = FUNCTIONS.find(({ file }) => file === 'api/heartbeat')?.trigger;
    const routes = heartbeat?.kind === 'http' ? heartbeat.routes : [];
    expect(Object.keys(Properties.RouteSettings)).toEqual(expect.arrayContaining([...routes]));
    for (const settings of Object.values(Properties.RouteSettings)) {
      expect(settings).toMatchObject({
        ThrottlingRateLimit: '${param:HEARTBEAT_RATE}',
        ThrottlingBurstLimit: '${param:HEARTBEAT_BURST}',
      });
    }
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the framework's own placeholders
    const { HEARTBEAT_RATE, ROUTE_RATE, ROUTE_BURST } = configuration.params.default;
    expect([ROUTE_RATE > 0, ROUTE_BURST > 0, HEARTBEAT_RATE > ROUTE_RATE]).toEqual([true, true, true]);
  });

  it('describes a refusal for asking too often on every route but those', () => {
    const never = Object.entries(openapi.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { responses }]) =>
        '429' in responses ? [] : [`${method.toUpperCase()} ${path}`],
      ),
    );
    expect(never.sort()).toEqual([...protectedRoutes(FUNCTIONS)].sort());
  });

  it('keeps an access log by request, without anything that is a secret', () => {
    const { format } = configuration.provider.logs.httpApi;
    expect(Object.keys(JSON.parse(format))).toEqual(expect.arrayContaining(['time', 'requestId', 'route', 'status']));
    expect(format).not.toMatch(/querystring|header|\$context\.(path|authorizer)/i);
  });
});
