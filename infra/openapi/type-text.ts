/** What of JSON Schema the description uses, as far as it matters to a type. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const METHODS = ['get', 'post', 'delete'];
const JSON_TYPE = 'application/json';

/**
 * The types of `buildlatch/client`: what each JSON endpoint takes and answers. Made here, and not by a package: those that
 * could need the compiler's own API, which TypeScript 7 has not, and would bring a second compiler.
 */
export function typeText({ paths, components }: Described): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? operationText(`${method.toUpperCase()} ${path}`, operation) : [];
    }),
  );
  const codes = components.schemas['Error']?.properties?.['code']?.enum ?? [];
  return `// Made of lib/runtime/openapi.json by \`npm run openapi\`; not to be edited.

/** What each endpoint takes and answers, in JSON. */
export interface Operations {
${operations.join('\n')}
}

/** Why the controller refuses; never renamed. */
export type ErrorCode =
${codes.map((code) => `  | ${JSON.stringify(code)}`).join('\n')};
`;
}

function operationText(name: string, operation: Operation): string[] {
  const answers = Object.entries(operation.responses).flatMap(([status, { content }]) =>
    status.startsWith('2') ? (content?.[JSON_TYPE]?.schema ?? []) : [],
  );
  // What answers a file or nothing is not called this way.
  if (answers.length === 0) return [];
  const parameters = (place: string) => (operation.parameters ?? []).filter((parameter) => parameter.in === place);
  const body = operation.requestBody?.content[JSON_TYPE]?.schema;
  return [
    `  /** ${operation.summary}. */`,
    `  ${JSON.stringify(name)}: {`,
    `    path: ${parametersText(parameters('path'))};`,
    `    query: ${parametersText(parameters('query'))};`,
    `    body: ${body ? typeOf(body, 2) : 'undefined'};`,
    `    answer: ${union(answers.map((answer) => typeOf(answer, 2)))};`,
    '  };',
  ];
}

function parametersText(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return 'Readonly<Record<string, never>>';
  const properties = Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]));
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name);
  return objectText({ properties, required }, 2);
}

function typeOf(schema: Schema, depth: number): string {
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.anyOf) return union(schema.anyOf.map((one) => typeOf(one, depth)));
  if (typeof schema.type === 'string') return typeNamed(schema.type, schema, depth);
  if (schema.type) return union(schema.type.map((type) => typeNamed(type, schema, depth)));
  return 'unknown';
}

function typeNamed(type: string, schema: Schema, depth: number): string {
  if (type === 'integer') return 'number';
  if (type === 'array') return `readonly ${grouped(schema.items ? typeOf(schema.items, depth) : 'unknown')}[]`;
  return type === 'object' ? objectText(schema, depth) : type;
}

function objectText({ properties = {}, required = [], additionalProperties }: Schema, depth: number): string {
  const indent = '  '.repeat(depth + 1);
  const lines = Object.entries(properties).map(([name, schema]) => {
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const type = typeOf(schema, depth + 1);
    return `${indent}readonly ${key}${required.includes(name) ? `: ${type}` : `?: ${type} | undefined`};`;
  });
  if (lines.length > 0) return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`;
  const values = typeof additionalProperties === 'object' ? typeOf(additionalProperties, depth) : 'unknown';
  return `Readonly<Record<string, ${values}>>`;
}

const union = (types: readonly string[]) => [...new Set(types)].join(' | ');
const grouped = (type: string) => (type.includes(' | ') && !type.startsWith('{') ? `(${type})` : type);
