import { InvokeCommand } from '@aws-sdk/client-lambda';
import { expect, inject, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { lambda } from './aws.ts';
import { deployedController, functionName } from './deployed.ts';

/** Every route with the function behind it; what no route matches goes to the last of them. */
const ROUTES = FUNCTIONS.flatMap(({ file, trigger }) =>
  trigger.kind === 'http' ? trigger.routes.map((route) => [route, file] as const) : [],
);

// A function that cannot start, or may not read what it needs for it, would answer 500 through the gateway.
it.each(ROUTES)('%s reaches %s, which starts and answers somebody without credentials', async (route, file) => {
  const [method = '', path = ''] = route === '$default' ? ['GET', '/nothing/is/here'] : route.split(' ');
  const filled = path.replace(/\{[^}]+\}/g, 'absent');
  // ministack answers these itself, whatever the routes are.
  const isKeptFromUs = method === 'OPTIONS' && inject('deployed').isOurs;
  const { status, text } = isKeptFromUs
    ? await invoke(file, route, filled)
    : await deployedController().request(method, filled);
  expect(status, text).toBeLessThan(500);
  if (status >= 400) {
    const refusal = { error: expect.any(String), code: expect.any(String), requestId: expect.any(String) };
    expect(JSON.parse(text)).toMatchObject(refusal);
  }
});

/** Past the gateway, with the event that it would have made. */
async function invoke(file: string, routeKey: string, path: string) {
  const http = { method: 'OPTIONS', path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' };
  const requestContext = { http, requestId: 'a-request', routeKey, stage: '$default', timeEpoch: 0 };
  const event = { version: '2.0', routeKey, rawPath: path, rawQueryString: '', headers: {}, requestContext };
  const { FunctionError, Payload } = await lambda().send(
    new InvokeCommand({ FunctionName: functionName(file), Payload: JSON.stringify(event) }),
  );
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError) throw new Error(text);
  const { statusCode, body = '' } = JSON.parse(text);
  return { status: Number(statusCode), text: String(body) };
}
