import * as z from 'zod/mini';

export type JsonSchema = Record<string, unknown>;

/** Of a schema that validates: what may be sent, before anything is trimmed, read as a number or filled in. */
export function jsonSchema(schema: z.ZodMiniType): JsonSchema {
  const { $schema: _version, ...made } = z.toJSONSchema(schema, { io: 'input', override: withoutNoise });
  return made;
}

/** The limits of whole numbers in JavaScript are no rule of this API. */
function withoutNoise({ jsonSchema: made }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;
  if (made.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum;
}

export interface Fields {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
}

/** The fields of an object's schema, each with its meaning. */
export function fieldsOf(schema: z.ZodMiniType, meanings: Readonly<Record<string, string>>): Fields {
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    properties?: Fields['properties'];
  } & Partial<Fields>;
  const withMeaning = Object.entries(properties).map(([name, field]) => {
    const description = meanings[name];
    if (description === undefined) throw new Error(`say in infra/openapi/fields.ts what the field ${name} means`);
    return [name, { ...field, description }] as const;
  });
  return { properties: Object.fromEntries(withMeaning), required };
}
