import type { FunctionDefinition } from '../function-definition.ts';

export interface Match {
  readonly file: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Route {
  readonly file: string;
  readonly routeKey: string;
  readonly method: string;
  readonly segments: readonly string[];
}

const PARAMETER = /^\{(.+)\}$/;

/** Finds the function for a request as an HTTP API does. Throws URIError for a path that cannot be decoded. */
export function createRouter(functions: readonly FunctionDefinition[]) {
  const routes = functions.flatMap(toRoutes).sort(byMostLiteral);
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');
  return (method: string, path: string): Match | undefined => {
    const segments = path.split('/').slice(1);
    for (const route of routes) {
      if (route.method !== method || route.segments.length !== segments.length) continue;
      const pathParameters = matchSegments(route.segments, segments);
      if (pathParameters) return { file: route.file, routeKey: route.routeKey, pathParameters };
    }
    return fallback && { file: fallback.file, routeKey: '$default', pathParameters: {} };
  };
}

function toRoutes({ file, trigger }: FunctionDefinition): Route[] {
  if (trigger.kind !== 'http') return [];
  return trigger.routes.map((routeKey) => {
    const [method = '', path = ''] = routeKey.split(' ');
    return { file, routeKey, method, segments: path.split('/').slice(1) };
  });
}

/** `/builds/submit` before `/builds/{id}`: at the first place where they differ, the literal wins. */
function byMostLiteral(a: Route, b: Route): number {
  const shape = ({ segments }: Route) => segments.map((segment) => (PARAMETER.test(segment) ? '1' : '0')).join('');
  return Number(shape(a) > shape(b)) - Number(shape(a) < shape(b));
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const value = decodeURIComponent(segments[index] ?? '');
    const name = PARAMETER.exec(expected)?.[1];
    if (name === undefined ? value !== expected : value === '') return undefined;
    if (name !== undefined) parameters[name] = value;
  }
  return parameters;
}
