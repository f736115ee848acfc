import { posix } from 'node:path';
import { ACCESS } from '../../lib/runtime/access.ts';
import { FUNCTIONS } from '../functions.ts';
import { type Described, ENDPOINTS } from './endpoints.ts';
import { operation, type Route } from './operation.ts';
import { codesOf, ERROR_SCHEMAS, refusalResponses } from './refusals.ts';
import type { JsonSchema } from './schema.ts';
import { SECURITY_SCHEMES } from './security.ts';

const INTRODUCTION = `Submit builds, follow them, and work for them. Times are milliseconds since 1970 unless they are said
to be ISO 8601. Fields that are not known are ignored. A field of a JSON body may as well be in the query; on equal names the
path wins, then the body. Replies may get further fields; what is there stays.`;

/** The OpenAPI 3.1 document, made of the routes, the access table, and the schemas that validate. */
export function document(version: string): JsonSchema {
  const all = routes();
  return {
    openapi: '3.1.1',
    info: { title: 'Buildlatch', version, description: INTRODUCTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'The controller that serves this document.' }],
    security: [],
    paths: paths(all),
    components: {
      schemas: ERROR_SCHEMAS,
      responses: refusalResponses(all.map(({ name, method }) => codesOf(ACCESS[name], ENDPOINTS[name], method))),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function paths(all: readonly Route[]): Record<string, Record<string, JsonSchema>> {
  const made: Record<string, Record<string, JsonSchema>> = {};
  for (const route of all) {
    const { name, method, path } = route;
    made[path] = { ...made[path], [method.toLowerCase()]: operation(route, ACCESS[name], ENDPOINTS[name]) };
  }
  return made;
}

function routes(): Route[] {
  return FUNCTIONS.flatMap(({ file, trigger }) => {
    const name = posix.basename(file);
    if (trigger.kind !== 'http' || !isDescribed(name)) return [];
    return trigger.routes.map((route, index) => {
      const [method = '', path = ''] = route.split(' ');
      return { name, method, path, suffix: index === 0 ? '' : `-${index + 1}` };
    });
  });
}

/** Everything but what takes whatever no route takes. */
function isDescribed(name: string): name is Described {
  if (name === 'not-found') return false;
  if (name in ENDPOINTS) return true;
  throw new Error(`describe ${name} in infra/openapi/: its input, its replies and its refusals`);
}
