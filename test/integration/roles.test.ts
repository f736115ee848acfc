import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { type Controller, startController } from '../support/controller.ts';
import { enforcingRoles } from '../support/enforced-roles.ts';
import { loggedEvents } from '../support/quiet.ts';

/** All tests over HTTP run with the roles enforced; this shows that enforcing refuses. */
describe('a function without a permission that it needs', () => {
  let controller: Controller;
  beforeAll(async () => {
    const without = (file: string, permission: string) => {
      const { may = [] } = FUNCTIONS.find((definition) => definition.file === file) ?? {};
      expect(may).toContain(permission);
      return [file, may.filter((one) => one !== permission)];
    };
    const may = Object.fromEntries([
      without('api/list-builds', 'index.listed:Query'),
      without('api/poll', 'table:UpdateItem'),
      without('api/submit-build', 'sources:GetObject'),
      without('api/retry-build', 'builds:SendMessage'),
    ]);
    controller = await startController({ load: enforcingRoles(may) });
  });
  afterAll(() => controller.close());

  const denied = () =>
    loggedEvents().flatMap(({ error }) => {
      const { name, message } = (error ?? {}) as { name?: string; message?: string };
      return name === 'AccessDeniedException' ? [message] : [];
    });

  it('is refused what it asks of an index', async () => {
    const { status } = await controller.request('GET', '/api/builds', { headers: controller.key });
    expect([status, denied()]).toEqual([500, [expect.stringMatching(/^api\/list-builds .*: index\.listed:Query /)]]);
  });

  it('is refused a transaction for one of its parts, and nothing is assigned', async () => {
    const build = await controller.submit();
    const { status } = await controller.poll(await controller.register());
    expect([status, denied()]).toEqual([500, [expect.stringMatching(/^api\/poll .*: table:UpdateItem /)]]);
    expect(await controller.status(build.id)).toMatchObject({ state: 'pending' });
  });

  it('is refused a look at an object', async () => {
    const json = { platform: 'ios', upload_id: 'nothing-there' };
    const { status } = await controller.request('POST', '/api/builds', { headers: controller.key, json });
    expect([status, denied()]).toEqual([500, [expect.stringMatching(/^api\/submit-build .*: sources:GetObject /)]]);
  });

  it('is refused a message, which the sweep then sends', async () => {
    const { id } = await controller.submit();
    for (const step of ['cancel', 'retry']) {
      await controller.request('POST', `/api/builds/${id}/${step}`, { headers: controller.key });
    }
    expect(denied()).toEqual([expect.stringMatching(/^api\/retry-build .*: builds:SendMessage /)]);
    expect(loggedEvents('send_left_to_sweep')).toHaveLength(1);
  });
});
