import type { Rule } from '../../lib/runtime/access.ts';
import type { Description, ReplyDescription } from './description.ts';
import type { Described } from './endpoints.ts';
import { MEANINGS } from './fields.ts';
import { codesOf, refusalsOf } from './refusals.ts';
import { type Fields, fieldsOf, type JsonSchema, jsonSchema } from './schema.ts';
import { securityOf } from './security.ts';

export interface Route {
  readonly name: Described;
  readonly method: string;
  readonly path: string;
  /** For a second address of the same function. */
  readonly suffix: string;
}

/** One route of an endpoint. */
export function operation({ name, method, path, suffix }: Route, rule: Rule, described: Description): JsonSchema {
  const fields = fieldsOf(described.input, MEANINGS);
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => parameter));
  const others = only(fields, (field) => !inPath.has(field));
  const hasBody = method === 'POST';
  // Who comes with a key names its worker where it likes; the old workers do it in the query.
  const inQuery = only(others, (field) => !hasBody || (rule.for !== 'project' && field === 'worker_id'));
  const parameters = [
    ...parametersOf(
      'path',
      only(fields, (field) => inPath.has(field)),
    ),
    ...parametersOf('query', inQuery),
    ...headersOf(rule, described),
  ];
  return {
    operationId: `${name}${suffix}`,
    summary: described.summary,
    ...(described.details !== undefined && { description: described.details }),
    security: securityOf(rule),
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && bodyOf(others, described)),
    responses: {
      ...Object.fromEntries(Object.entries(described.replies).map(([status, reply]) => [status, replyOf(reply)])),
      ...refusalsOf(codesOf(rule, described, method)),
    },
  };
}

function only({ properties, required }: Fields, isMeant: (field: string) => boolean): Fields {
  const kept = Object.entries(properties).filter(([field]) => isMeant(field));
  return { properties: Object.fromEntries(kept), required: required.filter(isMeant) };
}

function parametersOf(where: 'path' | 'query', { properties, required }: Fields): JsonSchema[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    description,
    required: where === 'path' || required.includes(name),
    schema,
  }));
}

function headersOf(rule: Rule, { headers = {} }: Description): JsonSchema[] {
  const ofRule = rule.for === 'holder' ? { 'X-Worker-Id': 'Which worker speaks, for who comes with an API key.' } : {};
  return Object.entries({ ...ofRule, ...headers }).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
}

function bodyOf(fields: Fields, { body, form }: Description): JsonSchema {
  const schema = body ? jsonSchema(body) : objectOf(fields);
  if (schema['properties'] && Object.keys(fields.properties).length === 0) return {};
  const content = {
    'application/json': { schema },
    ...(form && { 'multipart/form-data': { schema: formOf(fields, form) } }),
  };
  return { requestBody: { required: body !== undefined || fields.required.length > 0, content } };
}

function formOf(fields: Fields, { files, required, without }: NonNullable<Description['form']>): JsonSchema {
  const texts = only(fields, (field) => !without.includes(field));
  const parts = Object.entries(files).map(([name, description]) => [
    name,
    { type: 'string', contentMediaType: 'application/octet-stream', description },
  ]);
  return objectOf({ properties: { ...texts.properties, ...Object.fromEntries(parts) }, required });
}

function objectOf({ properties, required }: Fields): JsonSchema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function replyOf(reply: ReplyDescription): JsonSchema {
  const types = 'schema' in reply ? ['application/json'] : reply.types;
  const schema = 'schema' in reply ? { schema: jsonSchema(reply.schema) } : {};
  const headers = Object.entries(reply.headers ?? {}).map(([name, description]) => [
    name,
    { description, required: true, schema: { type: 'string' } },
  ]);
  return {
    description: reply.says,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    content: Object.fromEntries(types.map((type) => [type, schema])),
  };
}
