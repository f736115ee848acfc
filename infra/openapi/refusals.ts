import type { RejectionCode } from '../../lib/domain/rejection.ts';
import type { Rule } from '../../lib/runtime/access.ts';
import { HTTP_STATUSES } from '../../lib/runtime/http-errors.ts';
import type { Description } from './description.ts';
import type { JsonSchema } from './schema.ts';

/** Everything that may stand in `code`: the refusals, and what the front and the pipeline say themselves. */
const STATUS_OF = { ...HTTP_STATUSES, internal_error: 500, request_timeout: 408, rate_limited: 429 } as const;
export type Code = keyof typeof STATUS_OF;

const WITHOUT_KEY: readonly RejectionCode[] = ['missing_credential', 'invalid_credential', 'unreadable_record'];
const WITH_KEY: readonly RejectionCode[] = [...WITHOUT_KEY, 'scope_missing'];

/** What letting in may refuse. */
function byRule(rule: Rule): readonly RejectionCode[] {
  switch (rule.for) {
    case 'anyone':
      return [];
    case 'project':
      return rule.key === 'any' ? WITHOUT_KEY : WITH_KEY;
    case 'build':
      return [...WITH_KEY, 'build_not_found'];
    case 'worker':
      return [...WITH_KEY, 'worker_token_invalid', 'worker_not_found'];
    case 'holder':
      return [...ofHolders(rule), 'build_not_found', 'lease_lost', 'build_cancelled', 'build_finished'];
  }
}

function ofHolders({ key, tokens }: Extract<Rule, { for: 'holder' }>): readonly RejectionCode[] {
  return [
    ...(key === undefined ? WITHOUT_KEY : WITH_KEY),
    ...(tokens.includes('worker') ? (['worker_token_invalid'] as const) : []),
    ...(tokens.includes('vm') ? (['vm_token_invalid'] as const) : []),
  ];
}

const ALWAYS: readonly Code[] = ['invalid_request', 'internal_error', 'unavailable'];
const OF_BODIES: readonly Code[] = ['payload_too_large', 'request_timeout'];

/** The codes that an endpoint may answer. */
export function codesOf(rule: Rule, { refusals, isUnlimited }: Description, method: string): readonly Code[] {
  const limits: Code[] = isUnlimited ? [] : ['rate_limited'];
  return [...ALWAYS, ...limits, ...(method === 'POST' ? OF_BODIES : []), ...byRule(rule), ...refusals];
}

const SAID: Readonly<Record<number, string>> = {
  400: 'The request is not acceptable as it is.',
  401: 'A credential is missing, or it has ended.',
  403: 'The credential may not do this.',
  404: 'It is not there.',
  408: 'The body did not arrive in time.',
  409: 'The state of things does not allow it.',
  410: 'The build has ended: stop.',
  413: 'Too large.',
  429: 'Too many requests; `Retry-After` says when to try again.',
  500: 'An error of ours; the log has it under the request’s id.',
  503: 'Try again later.',
};

/** Where the gateway may answer before a function does, it has `message` alone. */
const BY_GATEWAY = new Set([413, 429, 500, 503]);
const RETRY_AFTER = { description: 'Seconds.', required: true, schema: { type: 'string', pattern: '^[0-9]+$' } };

/** By status, each a name in `components.responses`: many endpoints refuse alike. */
export function refusalsOf(codes: readonly Code[]): Record<string, JsonSchema> {
  return Object.fromEntries(
    byStatus(codes).map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }]),
  );
}

/** What the names stand for. */
export function refusalResponses(endpoints: readonly (readonly Code[])[]): Record<string, JsonSchema> {
  const all = endpoints.flatMap(byStatus).sort(([, a], [, b]) => (a < b ? -1 : 1));
  return Object.fromEntries(all.map(([status, name, allowed]) => [name, refusal(Number(status), allowed)]));
}

function byStatus(codes: readonly Code[]): [status: string, name: string, codes: readonly Code[]][] {
  const groups = Object.groupBy(new Set(codes), (code) => STATUS_OF[code]);
  return Object.entries(groups).map(([status, group = []]) => {
    const allowed = group.sort();
    return [status, [status, ...allowed].join('.'), allowed];
  });
}

function refusal(status: number, codes: readonly Code[]): JsonSchema {
  const ours = { allOf: [{ $ref: '#/components/schemas/Error' }, { properties: { code: { enum: codes } } }] };
  const schema = BY_GATEWAY.has(status) ? { anyOf: [ours, { $ref: '#/components/schemas/GatewayError' }] } : ours;
  return {
    description: SAID[status] ?? '',
    ...(status === 429 && { headers: { 'retry-after': { ...RETRY_AFTER, required: false } } }),
    content: { 'application/json': { schema } },
  };
}

export const ERROR_SCHEMAS: Record<string, JsonSchema> = {
  Error: {
    type: 'object',
    description: '`code` is for programs and never renamed, `error` is for people, `requestId` finds it in the log.',
    properties: {
      error: { type: 'string' },
      code: { type: 'string', enum: Object.keys(STATUS_OF).sort() },
      requestId: { type: 'string' },
    },
    required: ['error', 'code', 'requestId'],
  },
  GatewayError: {
    type: 'object',
    description: 'What the gateway itself answers.',
    properties: { message: { type: 'string' } },
    required: ['message'],
  },
};
