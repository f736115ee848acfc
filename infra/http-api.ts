import type { FunctionDefinition } from './function-definition.ts';
import { FUNCTIONS } from './functions.ts';
import { param } from './stages.ts';

/** JSON, one line a request. No query, no headers: a cursor or a token has no business there. */
export const ACCESS_LOG_FORMAT = JSON.stringify({
  time: '$context.requestTime',
  requestId: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  ms: '$context.responseLatency',
  functionMs: '$context.integrationLatency',
  bytes: '$context.responseLength',
  ip: '$context.identity.sourceIp',
  userAgent: '$context.identity.userAgent',
  error: '$context.integrationErrorMessage',
});

/** See `stage-settings.ts`. */
const ORDINARY = { ThrottlingRateLimit: param('ROUTE_RATE'), ThrottlingBurstLimit: param('ROUTE_BURST') };
const PROTECTED = { ThrottlingRateLimit: param('HEARTBEAT_RATE'), ThrottlingBurstLimit: param('HEARTBEAT_BURST') };

/** On one machine they are not counted: `local/rate-limit.ts`. */
export const protectedRoutes = (functions: readonly FunctionDefinition[]) =>
  functions.flatMap(({ trigger, isReserved }) => (isReserved && trigger.kind === 'http' ? trigger.routes : []));

/** The framework's name of the resource that it makes of a route. */
function routeLogicalId(route: string): string {
  const words = route
    .toLowerCase()
    .split('/')
    .map((word) =>
      word
        .replace(/-/g, 'Dash')
        .replace(/\{(.*)\}/, '$1Var')
        .replace(/[^0-9A-Za-z]/g, ''),
    );
  return `HttpApiRoute${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
}

/** What is added to the stage that the framework makes. It can only have settings for routes that are there. */
export function httpApiStage(functions = FUNCTIONS) {
  const routes = protectedRoutes(functions);
  return {
    DependsOn: routes.map(routeLogicalId),
    Properties: {
      DefaultRouteSettings: { ...ORDINARY, DetailedMetricsEnabled: true },
      RouteSettings: Object.fromEntries(routes.map((route) => [route, { ...PROTECTED, DetailedMetricsEnabled: true }])),
    },
  };
}
