import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { encodeBody } from './http-body.ts';
import type { Match } from './routes.ts';

export const ACCOUNT_ID = '000000000000';

/** Headers about this connection, which an HTTP API keeps to itself; cookies have a field of their own. */
const NOT_FORWARDED = new Set([
  'connection',
  'cookie',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface EventContext {
  readonly match: Match;
  readonly path: string;
  readonly rawQueryString: string;
  readonly requestId: string;
  readonly nowMs: number;
}

/** The event of an HTTP API, payload format 2.0. */
export function toHttpEvent(request: IncomingMessage, body: Buffer, context: EventContext): APIGatewayProxyEventV2 {
  const { match, path, rawQueryString, requestId, nowMs } = context;
  const { headers, cookies } = readHeaders(request, nowMs);
  const domainName = (headers['host'] ?? '').replace(/:\d+$/, '');
  const queryStringParameters = joinPairs(new URLSearchParams(rawQueryString));
  return {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath: path,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(Object.keys(queryStringParameters).length > 0 && { queryStringParameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: 'local',
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method ?? '',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: sourceIp(request),
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: match.routeKey,
      stage: '$default',
      time: commonLogTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(Object.keys(match.pathParameters).length > 0 && { pathParameters: match.pathParameters }),
    ...encodeBody(body, headers['content-type']),
  };
}

function readHeaders(request: IncomingMessage, nowMs: number): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    if (!NOT_FORWARDED.has(name)) headers[name] = values.join(',');
  }
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], sourceIp(request)].filter(Boolean).join(', ');
  headers['x-forwarded-proto'] ??= 'http';
  headers['x-forwarded-port'] ??= String(request.socket.localPort ?? '');
  headers['x-amzn-trace-id'] ??= `Root=1-${Math.floor(nowMs / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  const cookies = (request.headersDistinct['cookie'] ?? []).flatMap((line) => line.split(/; */)).filter(Boolean);
  return { headers, cookies };
}

function joinPairs(pairs: URLSearchParams): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  // Entries, not assignments: a parameter may be called `__proto__`.
  return Object.fromEntries(joined);
}

const sourceIp = ({ socket }: IncomingMessage) => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(nowMs: number): string {
  const [, day, month, year, time] = new Date(nowMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
