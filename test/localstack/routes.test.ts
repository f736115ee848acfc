import { expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { deployedController } from './deployed.ts';

/** Every route with the function behind it; what no route matches goes to the last of them. */
const ROUTES = FUNCTIONS.flatMap(({ file, trigger }) =>
  trigger.kind === 'http' ? trigger.routes.map((route) => [route, file] as const) : [],
);

// A function that cannot start, or may not read what it needs for it, would answer 500 through the gateway.
it.each(ROUTES)('%s reaches %s, which starts and answers somebody without credentials', async (route) => {
  const [method = '', path = ''] = route === '$default' ? ['GET', '/nothing/is/here'] : route.split(' ');
  const filled = path.replace(/\{[^}]+\}/g, 'absent');
  const { status, body, text } = await deployedController().request(method, filled);
  expect(status, text).toBeLessThan(500);
  if (status >= 400) {
    const refusal = { error: expect.any(String), code: expect.any(String), requestId: expect.any(String) };
    expect(body).toMatchObject(refusal);
  }
});
