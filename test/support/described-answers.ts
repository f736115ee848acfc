import { gunzipSync } from 'node:zlib';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer } from '../../infra/local/answer.ts';
import openapi from '../../lib/runtime/openapi.json' with { type: 'json' };

type Json = Readonly<Record<string, unknown>>;

const document = closed(openapi) as Json;
const ajv = new Ajv2020({ strict: false, formats: { uri: (text) => URL.canParse(text), 'date-time': true } });
ajv.addSchema(document, 'openapi');
const validators = new Map<string, ValidateFunction>();

const HOW = 'Describe it in infra/openapi/ and run `npm run openapi`, or mend the answer';

/** What is wrong with an answer by the API's description; nothing, if it is described. */
export function undescribed(routeKey: string, { status, headers, body }: Answer): string | undefined {
  const found = responseAt(routeKey, status);
  if (!found) return `${routeKey} answered ${status}, which openapi.json does not know. ${HOW}`;
  const problem = problemOf(found, headers, body);
  return problem && `${routeKey} answered ${status} otherwise than openapi.json says: ${problem}. ${HOW}`;
}

interface Found {
  readonly pointer: string;
  readonly response: Json;
}

/** What no route takes is answered by a function that is not described. */
function responseAt(routeKey: string, status: number): Found | undefined {
  if (routeKey === '$default') {
    const content = { 'application/json': { schema: { $ref: 'openapi#/components/schemas/Error' } } };
    return { pointer: '/components/schemas/Error', response: { content } };
  }
  const [method = '', path = ''] = routeKey.split(' ');
  return resolved(['paths', path, method.toLowerCase(), 'responses', String(status)]);
}

function resolved(steps: readonly string[]): Found | undefined {
  let at: unknown = document;
  for (const step of steps) at = isObject(at) ? at[step] : undefined;
  if (!isObject(at)) return undefined;
  const reference = at['$ref'];
  if (typeof reference === 'string') return resolved(reference.split('/').slice(1));
  return { pointer: `/${steps.map(escaped).join('/')}`, response: at };
}

function problemOf({ pointer, response }: Found, headers: Answer['headers'], body: Answer['body']): string | undefined {
  const type = String(headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  const content = isObject(response['content']) ? response['content'] : {};
  if (!(type in content)) return `the content is ${type}`;
  const missing = Object.keys(isObject(response['headers']) ? response['headers'] : {}).filter(
    (name) => isRequired(response, name) && headers[name] === undefined,
  );
  if (missing.length > 0) return `without the header ${missing.join(', ')}`;
  if (type !== 'application/json') return undefined;
  const isSchema = pointer.startsWith('/components/schemas/');
  const validate = validatorAt(isSchema ? pointer : `${pointer}/content/application~1json/schema`);
  const bytes = Buffer.from(body);
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  return validate(JSON.parse(text.toString('utf8'))) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'it' });
}

function isRequired(response: Json, name: string): boolean {
  const header = isObject(response['headers']) ? response['headers'][name] : undefined;
  return isObject(header) && header['required'] === true;
}

function validatorAt(pointer: string): ValidateFunction {
  const made = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${encodeURI(pointer)}` });
  validators.set(pointer, made);
  return made;
}

/** Replies may get further fields one day; until they are described, no test may see one. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  const isOpen = schema['type'] === 'object' && 'properties' in schema && !('additionalProperties' in schema);
  return isOpen ? { ...parts, additionalProperties: false } : parts;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const escaped = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1');
